package ticket

import (
	_ "embed"
	"html/template"
	"io"

	"passkeyaudit/audit/report"
)

//go:embed person.html.tmpl
var text string

// HTML writes one page that needs no network and runs no script.
func HTML(w io.Writer, p report.Person) error {
	t, err := template.New("person").Parse(text)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}
