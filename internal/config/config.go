package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
)

// maxSize bounds a configuration file, in bytes: some thousand accepted findings.
const maxSize = 1 << 20

// Vocabulary is what a configuration may name beside the sections of the snapshot
// format.
type Vocabulary struct {
	Checks   []*audit.Check
	Switches []string
}

// Config is a configuration that was read. The zero value is the defaults.
type Config struct {
	Settings audit.Settings
	// Data are the files that take the place of the program's own data, as the
	// configuration names them: relative to its own folder.
	Data   map[catalogue.Part]string
	places map[string]place // by path, such as severity.PK-ATT-003 or accept[0]
}

type place struct{ line, column int }

// Error is everything that is wrong with a configuration file.
type Error struct {
	File     string
	Problems []Problem
}

// Problem is one mistake. Line and Column count from 1; 0 is the file as a whole.
type Problem struct {
	Line, Column int
	Text         string
}

func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		where := e.File
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d:%d", e.File, p.Line, p.Column)
		}
		lines[i] = where + ": " + p.Text
	}
	return strings.Join(lines, "\n")
}

// Read reads a configuration file. Mistakes in it are an *Error.
func Read(file string, v Vocabulary) (*Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	c, err := Parse(file, data, v)
	if err != nil {
		return nil, err
	}
	if err := c.readData(file); err != nil {
		return nil, err
	}
	return c, nil
}

// Parse reads the text of a configuration; name stands for it in errors, which are
// an *Error.
func Parse(name string, data []byte, v Vocabulary) (*Config, error) {
	r := &reader{vocabulary: v, config: Config{places: map[string]place{}}}
	if root := r.load(data); root != nil && !null(root) {
		r.mapping(root, "", top())
		r.contradictions()
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Text, b.Text))
	})
	if len(r.problems) > 0 {
		return nil, &Error{File: name, Problems: r.problems}
	}
	return &r.config, nil
}

// load parses YAML; nil where there is none, or none that can be read.
func (r *reader) load(data []byte) *yaml.Node {
	switch {
	case len(data) > maxSize:
		r.problems = append(r.problems, Problem{Text: fmt.Sprintf("the file is larger than %d bytes", maxSize)})
		return nil
	case !utf8.Valid(data):
		r.problems = append(r.problems, Problem{Text: "the file is not text in UTF-8"})
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.problems = append(r.problems, Problem{Text: err.Error()})
		return nil
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		r.syntax(err)
		return nil
	}
	if err := loader.Load(&second); err == nil {
		r.problem(&second, "a second document; a configuration is one")
		return nil
	} else if !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}

// syntax records what is wrong with the YAML itself; the end of an empty file is not.
func (r *reader) syntax(err error) {
	var load *yaml.LoadError
	switch {
	case errors.Is(err, io.EOF):
	case errors.As(err, &load):
		text := "not YAML: " + load.Message
		if from := load.ContextMark.Line; from > 0 && from != load.Mark.Line {
			text += fmt.Sprintf(" (%s that starts on line %d)", load.ContextMsg, from)
		}
		if strings.HasPrefix(load.Message, "unknown anchor") {
			text += "; text that starts with * needs quotes"
		}
		r.problems = append(r.problems, Problem{load.Mark.Line, load.Mark.Column, text})
	default:
		r.problems = append(r.problems, Problem{Text: "not YAML: " + err.Error()})
	}
}
