package ticket

import (
	"strings"
	"testing"

	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/report"
)

func hostile() report.Person {
	const evil = "<script>alert(1)</script> *bold* [x](http://evil.example) @team `code` | # \\"
	return report.Person{
		Title: evil, Where: evil, Standing: evil, Headline: evil, Message: "Hello " + evil + ",\n\n- " + evil, Given: evil,
		Do: []investigate.Action{{Who: "user", Do: evil, Where: evil, Device: evil}}, Path: []investigate.Action{{Who: "user", Do: evil}},
		Ask: []investigate.Question{{Text: evil}}, Why: []report.PersonWhy{{Title: evil, Verdict: evil, Text: evil, Evidence: []string{evil}}},
		Passkeys: []report.PersonPasskey{{Name: evil, Details: []string{evil}, Rulings: []string{evil}}}, Attempts: []report.PersonAttempt{{Text: evil, Policies: []string{evil}}},
		Timeline: []report.PersonEvent{{At: evil, Text: evil}}, Notes: []string{evil},
	}
}

// Names of the tenant are never markup.
func TestMarkdownIsPlain(t *testing.T) {
	var b strings.Builder
	if err := Markdown(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", " *bold*", "[x](", "@team", " `code`"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("%q is markup: %s", bad, b.String())
		}
	}
}

func TestHTMLIsPlain(t *testing.T) {
	var b strings.Builder
	if err := HTML(&b, hostile()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script") || !strings.Contains(b.String(), "&lt;script&gt;") {
		t.Errorf("not escaped: %s", b.String())
	}
	if !strings.Contains(b.String(), `default-src 'none'`) || strings.Contains(b.String(), "http://evil.example\"") {
		t.Error("the page may load something")
	}
}
