package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

const (
	// everyone is the most accounts of which all are asked. Microsoft's reference
	// warns against asking for every user of a tenant one by one.
	everyone = 1000
	// unlistedMost is how many of those whom the report leaves out are asked in a
	// larger tenant.
	unlistedMost = 2000
	// idleMost is how many disabled accounts, whom the report never lists, and guests it
	// leaves out are asked there: their passkeys open the account again to whoever
	// has them once it is enabled.
	idleMost = 2000
	// batchesInFlight is how many batches are under way at once. Whether these
	// reads are charged to the directory's limit or to the far smaller one of
	// reports is not documented.
	batchesInFlight = 2
	// methodsSlice is after how many accounts a run may be interrupted without asking
	// them again.
	methodsSlice = 5 * graphclient.MaxBatch
	// hopeless is after how many refusals of one kind, and nothing else, the
	// section is given up.
	hopeless = 5 * graphclient.MaxBatch
)

// readMethods reads the registered methods of accounts one by one, in batches.
func readMethods(ctx context.Context, j *job) error {
	r := j.r
	if r.accounts.keys == nil {
		j.entry.State, j.entry.Reason = snapshot.NotCollected, "accounts could not be read, so there was nobody to ask about"
		return nil
	}
	chosen, ok := j.chooseAccounts()
	if !ok {
		j.entry.State = snapshot.NotCollected
		j.entry.Reason = "the tenant is too large to ask about everybody, and without the registration report it is not known about whom to ask; narrow the run with --user or --group"
		return nil
	}
	// Who was refused before is not among the old rows and so is asked again.
	if j.old.len() > 0 {
		chosen = slices.DeleteFunc(chosen, func(i int) bool { return j.old.hasKey(r.accounts.keys.at(i)) })
	}
	j.total(len(chosen) + j.sw.Objects())
	t := methodsTally{j: j, answered: j.sw.Objects()}
	err := batches(ctx, r.client, len(chosen), func(i int) graphclient.Request {
		return graphclient.AuthenticationMethods(r.accounts.id(chosen[i]))
	}, func(i int, res graphclient.BatchResult) error {
		return t.take(ctx, chosen[i], res)
	})
	return t.end(ctx, err)
}

// chooseAccounts lists the accounts to ask about, by their position. ok is false
// if that cannot be decided.
func (j *job) chooseAccounts() (chosen []int, ok bool) {
	a, rep := &j.r.accounts, &j.r.report
	if a.len() <= everyone {
		for i := range a.len() {
			chosen = append(chosen, i)
		}
		return chosen, true
	}
	if !rep.readable {
		return nil, false
	}
	unlisted, idle := 0, 0
	for i := range a.len() {
		k := a.keys.at(i)
		switch {
		case rep.strong.hasKey(k):
		case rep.listed.hasKey(k):
			continue
		case !a.ordinary[i]:
			if idle++; idle > idleMost {
				continue
			}
		default:
			if unlisted++; unlisted > unlistedMost {
				continue
			}
		}
		chosen = append(chosen, i)
	}
	j.note("asked about %d of %d accounts: those with a passkey or a temporary access pass in the registration report, and accounts it leaves out", len(chosen), a.len())
	if unlisted > unlistedMost {
		j.note("%d more that it leaves out were not asked about", unlisted-unlistedMost)
	}
	if idle > idleMost {
		j.note("%d more disabled accounts and guests were not asked about", idle-idleMost)
	}
	return chosen, true
}

// learnRefused counts the rows that tell no more than that an account was refused.
func learnRefused(r *run, row entra.Raw) {
	if tellsRefusal(row) {
		r.refused++
	}
}

func tellsRefusal(row entra.Raw) bool {
	_, refused := entra.Lookup(row, "/error")
	return refused
}

// methodsTally makes rows of answers. Refusals are held back until everything else is
// written, so that a later run can go on with the rest and ask again who was refused.
type methodsTally struct {
	j          *job
	held       []unread
	kinds      map[refusedError]*refusedError
	statuses   map[int]error // what was refused, by status; the first of each
	gone       int
	unanswered int
	answered   int
}

// unread is an account, by its position, whose methods were refused. Accounts deleted since they
// were listed are none.
type unread struct {
	account int32
	with    *refusedError
}

type methodsRow struct {
	UserID string    `json:"userId"`
	Value  entra.Raw `json:"value"`
}

type refusedRow struct {
	UserID string       `json:"userId"`
	Error  refusedError `json:"error"`
}

type refusedError struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
}

func (t *methodsTally) take(ctx context.Context, account int, res graphclient.BatchResult) error {
	if res.Err == nil {
		value, err := methodsOf(ctx, t.j.r.client, res)
		if err == nil {
			return t.success(t.j.r.accounts.id(account), value)
		}
		res.Err = err
	}
	var e *graphclient.Error
	switch {
	case ctx.Err() != nil || lostToken(res.Err):
		return res.Err
	case !errors.As(res.Err, &e):
		t.unanswered++
		return nil
	}
	if t.statuses == nil {
		t.statuses, t.kinds = map[int]error{}, map[refusedError]*refusedError{}
	}
	if t.statuses[e.Status] == nil {
		t.statuses[e.Status] = res.Err
	}
	if e.NotFound() {
		t.gone++
	} else {
		with := refusedError{e.Status, e.Code}
		if t.kinds[with] == nil {
			t.kinds[with] = &with
		}
		t.held = append(t.held, unread{int32(account), t.kinds[with]})
	}
	if len(t.held)+t.gone >= hopeless {
		return t.allRefused()
	}
	return nil
}

func (t *methodsTally) success(user string, value entra.Raw) error {
	row, err := entra.Encode(methodsRow{user, value})
	if err != nil {
		return fatal(err)
	}
	t.answered++
	if err := t.j.append(row); err != nil {
		return err
	}
	if t.answered%methodsSlice != 0 {
		return nil
	}
	return t.j.end()
}

// allRefused is the refusal of the section, if there was nothing but one.
func (t *methodsTally) allRefused() error {
	if t.answered > 0 || t.unanswered > 0 || len(t.statuses) != 1 {
		return nil
	}
	for status, err := range t.statuses {
		switch status {
		case http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotImplemented:
			return err
		}
	}
	return nil
}

// end writes down who was refused, after making sure of what was read: a later run
// goes on from there. cause is why not everybody was asked, if so.
func (t *methodsTally) end(ctx context.Context, cause error) error {
	if cause == nil {
		cause = t.allRefused()
	}
	if isFatal(cause) || ctx.Err() != nil || cause != nil && t.answered == 0 {
		return cause
	}
	if users := t.j.r.entryOf(snapshot.Users); users.State == snapshot.Partial && users.Reason != snapshot.ReasonScope {
		t.j.gap("accounts were not read to the end")
	}
	if n := t.j.r.refused + len(t.held); n > 0 {
		t.j.gap("%d accounts were refused", n)
	}
	if t.unanswered > 0 {
		t.j.gap("%d accounts were not answered about", t.unanswered)
	}
	if cause == nil && len(t.j.gaps) == 0 {
		return nil
	}
	t.j.retry = true
	if err := t.j.sw.Commit(); err != nil {
		return fatal(fmt.Errorf("collect: %w", err))
	}
	for _, h := range t.held {
		row, err := entra.Encode(refusedRow{t.j.r.accounts.id(int(h.account)), *h.with})
		if err != nil {
			return fatal(err)
		}
		if err := t.j.append(row); err != nil {
			return err
		}
	}
	return cause
}

// methodsOf takes the list out of an answer as Graph wrote it. Should it go on,
// the rest is read.
func methodsOf(ctx context.Context, c *graphclient.Client, res graphclient.BatchResult) (entra.Raw, error) {
	page, err := res.Page()
	if err != nil {
		return nil, err
	}
	if page.Next == "" {
		value, _ := entra.Lookup(res.Body, "/value")
		return value, nil
	}
	var all []entra.Raw
	seen, progress := &idSet{}, newAdvance(0)
	add := func(rows []entra.Raw) error {
		before := len(all)
		for _, row := range rows {
			if id := entra.Text(row, "/id"); id == "" || seen.add(id) {
				all = append(all, row)
			}
		}
		return progress.page(len(rows), len(all)-before)
	}
	stuck := add(page.Rows)
	for more, err := range c.Continue(ctx, res.Request, page.Next) {
		if err != nil {
			return nil, err
		}
		if stuck != nil {
			return nil, stuck
		}
		stuck = add(more.Rows)
	}
	return join(all), nil
}
