package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"passkeyaudit/audit/entra/catalogue"
)

// maxData bounds a file of data, in bytes.
const maxData = 16 << 20

// readData reads the files that the configuration names, in the folder of the
// configuration. Mistakes in them are an *Error, at the place that names them.
func (c *Config) readData(file string) error {
	known := catalogue.BuiltIn()
	mistakes := &Error{File: file}
	for _, part := range catalogue.Parts() {
		name, named := c.Data[part]
		if !named {
			continue
		}
		at := c.places["data."+string(part)]
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		next, err := withFile(known, part, name, path)
		var wrong *catalogue.FileError
		switch {
		case errors.As(err, &wrong):
			for _, p := range wrong.Problems {
				mistakes.Problems = append(mistakes.Problems, Problem{at.line, at.column, name + ": " + p})
			}
		case err != nil:
			mistakes.Problems = append(mistakes.Problems, Problem{at.line, at.column, err.Error()})
		default:
			known = next
		}
	}
	if len(mistakes.Problems) > 0 {
		return mistakes
	}
	if len(c.Data) > 0 {
		c.Settings.Catalogue = known
	}
	return nil
}

func withFile(known *catalogue.Catalogue, part catalogue.Part, name, path string) (*catalogue.Catalogue, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", part.Title(), err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxData+1))
	if err != nil {
		return nil, fmt.Errorf("reading the %s: %w", part.Title(), err)
	}
	if len(text) > maxData {
		return nil, fmt.Errorf("the %s %s is larger than %d bytes", part.Title(), name, maxData)
	}
	return known.With(part, name, text)
}
