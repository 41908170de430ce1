package cli

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
)

// A pipe or a device that --output names is written to: put in its place, a file would
// take it from everybody.
func TestOutputToPipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("pipes have no names in /dev/fd")
	}
	from, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	err = writeResult(nil, fmt.Sprintf("/dev/fd/%d", to.Fd()), func(w io.Writer) error {
		_, err := io.WriteString(w, "result")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	to.Close()
	if got, err := io.ReadAll(from); string(got) != "result" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
