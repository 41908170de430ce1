package change

import (
	"os"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const patch = `{"method":"patch","url":"https://graph.microsoft.com/v1.0/identity/conditionalAccess/policies/x?$select=id","body":{"state":"enabled"}}`
	for name, c := range map[string]struct{ in, want string }{
		"one request":     {patch, "PATCH identity/conditionalAccess/policies/x"},
		"batch":           {`{"requests":[` + patch + `,{"id":"2","method":"DELETE","url":"/beta/groups/g/members/u/$ref"}]}`, "PATCH identity/conditionalAccess/policies/x; DELETE groups/g/members/u/$ref"},
		"list":            {"[" + patch + "," + patch + "]", "PATCH identity/conditionalAccess/policies/x; PATCH identity/conditionalAccess/policies/x"},
		"lines":           {patch + "\n\n{\"id\":\"p\",\"conditions\":{}}\r\n", `PATCH identity/conditionalAccess/policies/x;  object`},
		"object":          {`{"id":"p","conditions":{}}`, " object"},
		"value":           {`{"@odata.context":"x","value":[{"id":"p"},{"id":"q"}]}`, " object;  object"},
		"keys":            {`{"method":"PATCH","url":"policies('a%20b')","body":{}}`, "PATCH policies/a b"},
		"byte order mark": {"\ufeff" + patch, "PATCH identity/conditionalAccess/policies/x"},
	} {
		requests, err := Parse([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, r := range requests {
			if r.Method == "" {
				got = append(got, " object")
				continue
			}
			got = append(got, r.Method+" "+strings.Join(r.Path, "/"))
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing":        {" \n", "the change is empty"},
		"empty list":     {"[]", "holds no request"},
		"no requests":    {`{"requests":{}}`, `"requests" is no list`},
		"not JSON":       {"{", "neither JSON nor"},
		"a broken line":  {"{\"id\":\"p\"}\n{\"id\":", "line 2 of the change"},
		"a text":         {`"x"`, "neither an object nor"},
		"read":           {`{"method":"GET","url":"/users"}`, `the method "GET" is none of`},
		"no url":         {`{"method":"PATCH","body":{}}`, "there is no url"},
		"no body":        {`{"id":"7","method":"PATCH","url":"/x"}`, `request "7" (PATCH /x): the body is not an object`},
		"body of DELETE": {`{"method":"DELETE","url":"/x","body":{"a":1}}`, "a DELETE has no body"},
		"misspelt":       {`{"method":"PATCH","uri":"/x","body":{}}`, `a member "uri" that no request has`},
		"name twice":     {`{"id":"a","id":"b"}`, "neither JSON nor"},
	} {
		if _, err := Parse([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"requests":[{"id":"1","method":"PATCH","url":"/x('y')/z","body":{"a":[1]}}]}`))
	f.Add([]byte("{\"id\":\"p\",\"conditions\":{}}\n[{\"method\":\"DELETE\",\"url\":\"/a\"}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		requests, err := Parse(data)
		if (err == nil) != (len(requests) > 0) && err == nil {
			t.Errorf("nothing was read, and no error")
		}
		for _, r := range requests {
			if r.Method != "" && len(r.Path) == 0 {
				t.Errorf("a request without a path: %+v", r)
			}
		}
	})
}

// TestPage reads the change that the page on previews shows.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/preview.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	text, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the page shows no change")
	}
	requests, err := Parse([]byte(text))
	if err != nil || len(requests) != 2 {
		t.Errorf("%d requests, %v", len(requests), err)
	}
}

// TestPageListsTheRoutes holds that every kind of path that is understood is on the
// page, by its last steps.
func TestPageListsTheRoutes(t *testing.T) {
	page, err := os.ReadFile("../../docs/preview.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range routes {
		steps := strings.Split(strings.TrimSuffix(r.path, "/*"), "/")
		if name := steps[len(steps)-1]; !strings.Contains(string(page), name) {
			t.Errorf("the page does not speak of %s", name)
		}
	}
}
