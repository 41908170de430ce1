package change

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// Request is one step of a change: a request to Graph, or an object that is to be
// there, whatever is there now.
type Request struct {
	// Name is how messages call it.
	Name string
	// Method is PATCH, PUT, POST or DELETE; empty for an object.
	Method string
	// Path is the URL without host, version and query, in steps.
	Path []string
	Body entra.Raw
}

// URL is the path as requests name it, with a slash before each step.
func (r Request) URL() string { return "/" + strings.Join(r.Path, "/") }

// MaxBytes is the size of a change that is read.
const MaxBytes = 16 << 20

// Parse reads a change: a $batch body, requests, or Graph objects; one of them, a
// list, {"value": […]}, or one a line.
func Parse(data []byte) ([]Request, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if len(data) == 0 {
		return nil, errors.New("the change is empty")
	}
	var p parser
	err := entra.CheckSyntax(data)
	if err == nil {
		err = p.value(data, "")
		return p.requests, p.finish(err)
	}
	// More than one value: each on a line of its own.
	lines := bytes.Split(data, []byte("\n"))
	for i, line := range lines {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if lineErr := entra.CheckSyntax(line); lineErr != nil {
			if i == 0 {
				return nil, fmt.Errorf("the change is neither JSON nor a JSON object a line: %w", err)
			}
			return nil, fmt.Errorf("line %d of the change: %w", i+1, lineErr)
		}
		if err := p.value(line, fmt.Sprintf("line %d", i+1)); err != nil {
			return nil, err
		}
	}
	return p.requests, p.finish(nil)
}

type parser struct{ requests []Request }

func (p *parser) finish(err error) error {
	if err == nil && len(p.requests) == 0 {
		return errors.New("the change holds no request and no object")
	}
	return err
}

// value reads a value of the file; where says which, empty for the whole.
func (p *parser) value(raw entra.Raw, where string) error {
	switch raw.Kind() {
	case '[':
		for i, e := range elements(raw) {
			if err := p.value(e, strings.TrimSpace(fmt.Sprintf("%s item %d", where, i+1))); err != nil {
				return err
			}
		}
		return nil
	case '{':
	default:
		return fmt.Errorf("%s is neither an object nor a list of objects", called(where))
	}
	o := parseObject(raw)
	switch {
	case o.at("requests") >= 0:
		if o.get("requests").Kind() != '[' {
			return fmt.Errorf("%s: \"requests\" is no list", called(where))
		}
		for i, e := range elements(o.get("requests")) {
			if err := p.request(e, fmt.Sprintf("request %d", i+1)); err != nil {
				return err
			}
		}
		return nil
	case o.at("method") >= 0 || o.at("url") >= 0:
		return p.request(raw, where)
	case o.get("value").Kind() == '[' && o.at("id") < 0:
		return p.value(o.get("value"), where)
	}
	p.requests = append(p.requests, Request{Name: objectName(o, where), Body: raw})
	return nil
}

// request reads one request of a batch, or one that stands alone.
func (p *parser) request(raw entra.Raw, where string) error {
	o := parseObject(raw)
	if raw.Kind() != '{' {
		return fmt.Errorf("%s is not an object", called(where))
	}
	for _, name := range o.names {
		if !slices.Contains([]string{"id", "method", "url", "body", "headers", "dependsOn"}, name) {
			return fmt.Errorf("%s has a member %q that no request has", called(where), name)
		}
	}
	if id := o.text("id"); id != "" {
		where = fmt.Sprintf("request %q", id)
	}
	r := Request{Method: strings.ToUpper(o.text("method")), Body: o.get("body")}
	if !slices.Contains([]string{"PATCH", "PUT", "POST", "DELETE"}, r.Method) {
		return fmt.Errorf("%s: the method %q is none of PATCH, PUT, POST, DELETE", called(where), o.text("method"))
	}
	var err error
	if r.Path, err = pathOf(o.text("url")); err != nil {
		return fmt.Errorf("%s: %w", called(where), err)
	}
	r.Name = strings.TrimSpace(where + " (" + r.Method + " /" + strings.Join(r.Path, "/") + ")")
	switch {
	case r.Method == "DELETE":
		if !isNull(r.Body) && says(r.Body) {
			return fmt.Errorf("%s: a DELETE has no body", r.Name)
		}
		r.Body = nil
	case r.Body.Kind() != '{':
		return fmt.Errorf("%s: the body is not an object", r.Name)
	}
	p.requests = append(p.requests, r)
	return nil
}

func called(where string) string {
	if where == "" {
		return "the change"
	}
	return where
}

// objectName is how messages call an object of a change.
func objectName(o *object, where string) string {
	name := o.text("displayName")
	if name == "" {
		name = o.text("id")
	}
	switch {
	case name == "":
		return called(where)
	case where == "":
		return fmt.Sprintf("the object %q", name)
	default:
		return fmt.Sprintf("%s (%q)", where, name)
	}
}

// pathOf takes host, version and query from a URL, and writes keys in brackets as
// steps: policies('x') is policies/x.
func pathOf(text string) ([]string, error) {
	if text == "" {
		return nil, errors.New("there is no url")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the url %q cannot be read", text)
	}
	escaped := strings.Trim(u.EscapedPath(), "/")
	var steps []string
	for step := range strings.SplitSeq(escaped, "/") {
		step, err := url.PathUnescape(step)
		if err != nil {
			return nil, fmt.Errorf("the url %q cannot be read", text)
		}
		name, key, keyed := strings.Cut(step, "(")
		if keyed {
			steps = append(steps, name, strings.Trim(strings.TrimSuffix(key, ")"), "'"))
			continue
		}
		steps = append(steps, step)
	}
	if len(steps) > 0 && (strings.EqualFold(steps[0], "v1.0") || strings.EqualFold(steps[0], "beta")) {
		steps = steps[1:]
	}
	if len(steps) == 0 || slices.Contains(steps, "") {
		return nil, fmt.Errorf("the url %q names nothing", text)
	}
	return steps, nil
}
