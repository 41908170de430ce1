package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/snapshot"
)

func newSnapshotVerifyCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR",
		Short: "Read everything in a snapshot again and list what is wrong with it",
		Long: `Read everything in a snapshot again: digests, numbers of objects, the syntax of every row and the members that are
judged. All problems are listed, not only the first. It exits with 4 if there is one.`,
		Example: "  passkeyaudit snapshot verify ./snapshot",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return snapshotVerify(cmd.Context(), d, args[0]) },
	}
}

func snapshotVerify(ctx context.Context, d *Deps, dir string) error {
	fsys, err := folder(dir)
	if err != nil {
		return err
	}
	found, err := snapshot.Verify(ctx, fsys)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	var rows [][]string
	problems := len(found.Problems)
	for _, s := range found.Sections {
		if s.State == snapshot.NotCollected && len(s.Problems) == 0 {
			continue
		}
		verdict := "ok"
		if n := len(s.Problems); n > 0 {
			problems += n
			verdict = fmt.Sprintf("%d wrong", n)
		}
		rows = append(rows, []string{string(s.ID), string(s.State), fmt.Sprint(s.Objects), fmt.Sprint(s.Files), fmt.Sprint(s.Bytes), verdict})
	}
	if err := table.Plain(d.IO.Out, []string{"SECTION", "STATE", "OBJECTS", "FILES", "BYTES", "CHECK"}, rows); err != nil {
		return err
	}
	out := d.IO.Out
	fmt.Fprintln(out)
	for _, s := range found.Sections {
		lines(d, s.Problems, "")
		lines(d, s.Hints, "hint: ")
	}
	lines(d, found.Problems, "")
	if problems > 0 {
		fmt.Fprintf(out, "%s: %s.\n", dir, audit.CountPhrase(problems, "problem", "problems"))
		return outcomeError{ExitRuntime}
	}
	fmt.Fprintf(out, "%s is whole. Digest %s\n", dir, found.Digest)
	return nil
}

// mostLines is how many problems of one section are listed.
const mostLines = 20

func lines(d *Deps, texts []string, lead string) {
	for i, text := range texts {
		if i == mostLines {
			fmt.Fprintf(d.IO.Out, "  … and %d more\n", len(texts)-i)
			return
		}
		mark := "  - "
		for _, line := range report.Wrap(lead+report.Plain(text), max(d.IO.Width, 60)-len(mark)) {
			fmt.Fprintln(d.IO.Out, mark+line)
			mark = "    "
		}
	}
}
