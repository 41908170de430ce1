package factstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// JSONObjects takes apart objects that stand one after the other, on as many lines
// as they like, and writes each on one.
func JSONObjects(t testing.TB, where string, text []byte) []string {
	t.Helper()
	var rows []string
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return rows
		} else if err != nil {
			t.Fatalf("%s: object %d: %v", where, len(rows)+1, err)
		}
		var line bytes.Buffer
		if err := json.Compact(&line, raw); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, line.String())
	}
}
