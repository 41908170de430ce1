package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/checks"
)

func newRenderCmd(d *Deps) *cobra.Command {
	var o resultOptions
	cmd := &cobra.Command{
		Use:   "render RUN",
		Short: "Write a stored run in another format",
		Long: `Write a run that 'audit --format ndjson' stored, in any format, without judging anything again: the result is, byte for
byte, what the audit would have written in that format. RUN is a file; - is standard input.

Exit codes: 0; 2 wrong usage; 4 the run cannot be read. What was found plays no part.`,
		Example: `  passkeyaudit audit --from ./snapshot --format ndjson --output run.ndjson
  passkeyaudit render run.ndjson
  passkeyaudit render run.ndjson --format html --output report.html
  passkeyaudit render run.ndjson --format markdown`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return runRender(cmd.Context(), d, o, args[0]) },
	}
	o.flags(cmd)
	return cmd
}

func runRender(ctx context.Context, d *Deps, o resultOptions, name string) error {
	r, err := o.validate(d)
	if err != nil {
		return err
	}
	in, err := openRun(d, name)
	if err != nil {
		return err
	}
	defer in.Close()
	run, err := reportjson.OpenRun(in, checkByID())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	err = writeResult(d, o.Output, func(w io.Writer) error { return run.Replay(r.sink(d, w, run.Beside())) })
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return ctx.Err()
}

// checkByID finds checks by their ids.
func checkByID() func(string) *audit.Check {
	byID := map[string]*audit.Check{}
	for _, c := range checks.All() {
		byID[c.ID] = c
	}
	return func(id string) *audit.Check { return byID[id] }
}

type seekableRun interface {
	io.ReadSeeker
	io.Closer
}

// openRun opens a stored run, which is read more than once; standard input is kept in
// memory for that.
func openRun(d *Deps, name string) (seekableRun, error) {
	if name == "-" {
		text, err := io.ReadAll(d.IO.In)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return nopCloser{bytes.NewReader(text)}, nil
	}
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("there is no file %s", name)
	case err != nil:
		return nil, fmt.Errorf("opening the run: %w", err)
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.Join(usagef("%s is a folder: a run is a file; 'audit --from' judges a snapshot", name), f.Close())
	}
	return f, nil
}

type nopCloser struct{ *bytes.Reader }

func (nopCloser) Close() error { return nil }
