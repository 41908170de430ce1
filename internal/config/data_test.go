package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"passkeyaudit/audit/entra/catalogue"
)

// Files of data are found beside the configuration, and what is wrong with them is said
// at the line that names them.
func TestDataFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	models, err := os.ReadFile("testdata/valid/data/models.json")
	if err != nil {
		t.Fatal(err)
	}
	write("models.json", string(models))
	c, err := Read(write("good.yaml", "data:\n  aaguids: models.json\n"), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	known := c.Settings.Catalogue
	if m := known.ModelOf("12345678-1234-1234-1234-123456789abc"); m == nil || m.Name != "Contoso Key" || known.ModelOf(catalogue.AuthenticatorIOS) != nil {
		t.Errorf("%+v", m)
	}
	shown := map[string]Value{}
	for _, v := range c.Values(testVocabulary()) {
		shown[v.Key] = v
	}
	if v := shown["data.aaguids"]; v.Line != 2 || v.Text != "AAGUID catalogue spring of 2027-04-01 (models.json)" {
		t.Errorf("%+v", v)
	}
	if v := shown["data.supportMatrix"]; v.Line != 0 || !strings.HasPrefix(v.Text, "support matrix 2026-11 of") {
		t.Errorf("%+v", v)
	}

	write("broken.json", strings.Replace(string(models), `"spring"`, "17", 1))
	for text, want := range map[string]string{
		"data:\n  aaguids: nowhere.json\n":        "bad.yaml:2:12: reading the AAGUID catalogue: ",
		"data:\n  aaguids: broken.json\n":         "bad.yaml:2:12: broken.json: /edition: text is wanted, not 17",
		"data:\n\n  supportMatrix: models.json\n": `bad.yaml:3:18: models.json: /schema: "passkeyaudit.supportMatrix/v1" is wanted`,
	} {
		if _, err := Read(write("bad.yaml", text), testVocabulary()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
