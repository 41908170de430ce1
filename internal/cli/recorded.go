package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// recorded decides a row of the sign-in log anew and compares it with what Entra wrote
// down.
func (e *evaluator) recorded(ctx context.Context, w io.Writer, o evaluateOptions, d *Deps) error {
	rows, err := e.snap.Find(ctx, snapshot.SignIns, o.SignIn)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return e.noRow(o.SignIn)
	}
	var row entra.SignIn
	if err := entra.Decode(rows[len(rows)-1], &row); err != nil {
		return fmt.Errorf("reading sign-in %s: %w", o.SignIn, err)
	}
	if row.ResourceID == "" {
		return fmt.Errorf("sign-in %s does not say to which resource it was, so policies cannot be judged", o.SignIn)
	}
	if _, known := e.dir.Ordinal(row.UserID); !known && e.usersComplete {
		return fmt.Errorf("sign-in %s is of an account that is not in the snapshot", o.SignIn)
	}
	text := !strings.HasSuffix(o.Format, "json")
	for i, s := range replay.Scenarios(&row) {
		if i > 0 && text {
			fmt.Fprint(w, "\nAs the registration of security info:\n\n")
		}
		if err := e.one(w, s, o, d); err != nil {
			return err
		}
	}
	if !text {
		return nil
	}
	comparer, err := audit.Evaluate(ctx, e.run, replay.Comparing)
	if err != nil {
		return err
	}
	compared(w, comparer.Compare(&row))
	return nil
}

func (e *evaluator) noRow(id string) error {
	if state := e.snap.Status(snapshot.SignIns).State; !state.HasRows() {
		return fmt.Errorf("the snapshot has no sign-in log (%s)", state)
	}
	return errors.New("there is no sign-in " + id + " in the snapshot; ids are those of rows of signIns, not correlation ids")
}

// compared writes how the decision compares with the log.
func compared(w io.Writer, r replay.Row) {
	fmt.Fprintln(w)
	switch r.Kind {
	case replay.NotEvaluated:
		fmt.Fprintln(w, "The log: no policy was evaluated in this sign-in, which proves nothing.")
	case replay.Withheld:
		fmt.Fprintln(w, "The log: Graph did not tell what the policies did; it takes permission to read policies.")
	case replay.Other:
		fmt.Fprintln(w, "The log: this row cannot be compared.")
	default:
		fmt.Fprintf(w, "The log: agrees on %s, differs on %d; %d not settled by what it tells, %d of policies changed since.\n",
			audit.CountPhrase(r.Agreed, "policy", "policies"), len(r.Disagreements), r.Undecided, r.Outdated)
	}
	for _, d := range r.Disagreements {
		fmt.Fprintln(w, report.Plain(fmt.Sprintf("  - %s (%s): logged %s, evaluated %s", d.PolicyName, d.PolicyID, d.Logged, d.Evaluated)))
	}
}
