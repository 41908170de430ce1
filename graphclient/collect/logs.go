package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

const (
	// shortestWindow is not halved any more.
	shortestWindow = time.Hour
	// namePages is how many pages of changes of users are read of a large tenant, in
	// search of those of names: of a hundred thousand records, at the pace that Graph
	// allows (5 requests in 10 s) not four minutes.
	namePages = 100
	// mostResumes bounds how often one log is taken up again after broken pages.
	mostResumes = 100
)

// logReader reads the events of a window, newest first as Graph lists them. Long
// chains of pages are known to break: a window that is too much for the service
// is halved, and one that broke half way goes on from the oldest event that was
// read.
type logReader struct {
	j      *job
	time   string // the member that holds an event's time
	keep   func(entra.Raw) bool
	seen   *idSet // ids of all events so far; nil compares neighbouring pages only
	recent [2]*idSet

	resumes int

	mostPages, pages int // mostPages 0: any number
}

// errEnough ends a read that is not worth going on with.
var errEnough = errors.New("more pages than are worth reading")

type window struct{ from, to time.Time }

// read reads a window by the first request that the service takes.
func (l *logReader) read(ctx context.Context, w window, requests ...windowRequest) error {
	var err error
	for _, request := range requests {
		l.j.entry.Request = request("{from}", "{to}").String()
		var pages int
		pages, err = l.windows(ctx, w, request)
		if err == nil || pages > 0 || !refusedWith(err, http.StatusBadRequest) {
			return err
		}
	}
	return err
}

func (l *logReader) windows(ctx context.Context, whole window, request windowRequest) (pages int, err error) {
	todo := []window{whole}
	for len(todo) > 0 {
		w := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		run := logRun{oldest: w.to, sorted: true}
		err := l.once(ctx, w, request, &run)
		pages += run.pages
		switch {
		case err == nil:
		case isFatal(err) || ctx.Err() != nil:
			return pages, err
		case run.rows > 0 && run.sorted && run.oldest.Before(w.to) && l.resumes < mostResumes && (restartable(err) || tooSlow(err)):
			l.resumes++
			todo = append(todo, window{w.from, run.oldest})
		case run.rows == 0 && tooSlow(err) && w.to.Sub(w.from) > shortestWindow:
			middle := w.from.Add(w.to.Sub(w.from) / 2).Truncate(time.Second)
			todo = append(todo, window{w.from, middle}, window{middle, w.to})
		default:
			return pages, err
		}
	}
	return pages, nil
}

// logRun is what one chain of pages came to.
type logRun struct {
	pages, rows int
	oldest      time.Time
	sorted      bool // newest first, as far as can be seen
}

func (l *logReader) once(ctx context.Context, w window, request windowRequest, run *logRun) error {
	stale := 0
	for page, err := range l.j.r.client.Pages(ctx, request(eventTime(w.from), eventTime(w.to))) {
		if err != nil {
			return err
		}
		run.pages++
		if l.pages++; l.mostPages > 0 && l.pages > l.mostPages {
			return errEnough
		}
		fresh := l.fresh(page.Rows)
		if len(page.Rows) > 0 {
			stale++
			if len(fresh) > 0 {
				stale = 0
			}
		}
		for _, row := range fresh {
			run.rows++
			at, err := time.Parse(time.RFC3339, entra.Text(row, entra.Pointer(l.time)))
			if err != nil || at.After(run.oldest) {
				run.sorted = false
				continue
			}
			run.oldest = at
		}
		kept := fresh
		if l.keep != nil {
			kept = kept[:0]
			for _, row := range fresh {
				if l.keep(row) {
					kept = append(kept, row)
				}
			}
		}
		if err := l.j.append(kept...); err != nil {
			return err
		}
		if stale >= stalePages && page.Next != "" {
			return errStale
		}
	}
	return nil
}

// fresh leaves out events that came before.
func (l *logReader) fresh(rows []entra.Raw) []entra.Raw {
	page := &idSet{}
	fresh := make([]entra.Raw, 0, len(rows))
	for _, row := range rows {
		id := entra.Text(row, "/id")
		switch {
		case id == "":
		case !page.add(id) || l.recent[0].has(id) || l.recent[1].has(id):
			continue
		case l.seen != nil && !l.seen.add(id):
			continue
		}
		fresh = append(fresh, row)
	}
	if page.len() > 0 {
		l.recent[0], l.recent[1] = page, l.recent[0]
	}
	return fresh
}

// tooSlow tells whether Graph could not answer in time.
func tooSlow(err error) bool {
	return errors.Is(err, graphclient.ErrTimeout) || refusedWith(err, http.StatusGatewayTimeout)
}

// eventTime writes a time as OData does, with as many digits as it has.
func eventTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// window is the time that logs are read of; it goes into the entry.
func (j *job) window() window {
	w := window{j.r.takenAt.Add(-j.r.opts.Since).Truncate(time.Second), j.r.takenAt}
	j.entry.From, j.entry.To = stamp(w.from), stamp(w.to)
	return w
}

// noPeople settles a section of a narrowed run that does not know about whom it
// is.
func (j *job) noPeople() bool {
	if j.r.people == nil || j.r.people.keys.len() > 0 || j.r.accounts.keys != nil {
		return false
	}
	j.entry.State, j.entry.Reason = snapshot.NotCollected, "the people of the groups could not be read"
	return true
}

// readSignIns reads interactive sign-ins. Some national clouds have them in beta
// only, and only beta says by which method people signed in.
func readSignIns(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	l := logReader{j: j, time: "createdDateTime"}
	condition := ""
	switch p := j.r.people; {
	case p == nil:
	case p.oneUser():
		condition = "userId eq " + quote(p.ids[0])
	default:
		l.keep = func(row entra.Raw) bool { return p.has(entra.Text(row, "/userId")) }
	}
	requests := []windowRequest{signInRequest(false, condition), signInRequest(true, condition)}
	if j.r.opts.BetaSignIns {
		slices.Reverse(requests)
	}
	return l.read(ctx, j.window(), requests...)
}

// readAudits reads what happened to methods and policies, and changes of names; in a
// small tenant, and of one user, everything.
func readAudits(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	w := j.window()
	conditions := auditConditions
	l := logReader{j: j, time: "activityDateTime"}
	switch p := j.r.people; {
	case p == nil:
		if a := &j.r.accounts; a.keys != nil && a.len() <= everyone {
			conditions = wholeLog
		}
	case p.oneUser():
		id := quote(p.ids[0])
		l.seen = &idSet{} // the three reads overlap
		conditions = [][]string{
			{"targetResources/any(t:t/id eq " + id + ")"},
			{"initiatedBy/user/id eq " + id},
			auditConditions[1], // passkeys, whose user is named in ways that no filter takes
		}
		fallthrough
	default:
		l.keep = func(row entra.Raw) bool { return concerns(row, p) }
	}
	var requests []string
	for _, alternatives := range conditions {
		var reads []windowRequest
		for _, c := range alternatives {
			reads = append(reads, auditRequest(c))
		}
		if err := l.read(ctx, w, reads...); err != nil {
			return err
		}
		requests = append(requests, j.entry.Request)
	}
	if !j.r.people.oneUser() && len(conditions) > 1 {
		read, err := l.readNames(ctx, w)
		if err != nil {
			return err
		}
		if read {
			requests = append(requests, j.entry.Request)
		}
	}
	j.entry.Request = strings.Join(requests, "; ")
	return nil
}

// readNames reads changes of user principal names out of a log that holds all changes
// of users. Where that is too long it is given up, and what was found is kept: the
// request is then not among those of the section.
func (l *logReader) readNames(ctx context.Context, w window) (read bool, err error) {
	names := logReader{j: l.j, time: l.time, mostPages: namePages, keep: func(row entra.Raw) bool {
		return changesName(row) && (l.keep == nil || l.keep(row))
	}}
	err = names.read(ctx, w, auditRequest(nameChanges))
	switch {
	case errors.Is(err, errEnough):
		l.j.note("changes of user principal names were looked for in the newest %d pages of changes of users only", namePages)
		return false, nil
	case err != nil && !isFatal(err) && ctx.Err() == nil && !lostToken(err) && refusedWith(err, http.StatusBadRequest):
		l.j.note("changes of user principal names could not be asked for")
		return false, nil
	}
	return err == nil, err
}

// changesName tells whether an event changed a user principal name.
func changesName(row entra.Raw) bool {
	targets, _ := entra.Lookup(row, "/targetResources")
	for target := range entra.Elements(targets) {
		properties, _ := entra.Lookup(target, "/modifiedProperties")
		for p := range entra.Elements(properties) {
			if strings.EqualFold(entra.Text(p, "/displayName"), "UserPrincipalName") {
				return true
			}
		}
	}
	return false
}

// concerns tells whether an event was done to or by one of the people. Events of
// passkeys name their user by name only.
func concerns(row entra.Raw, p *people) bool {
	type person struct {
		ID  string `json:"id"`
		UPN string `json:"userPrincipalName"`
	}
	var e struct {
		InitiatedBy struct {
			User person `json:"user"`
		} `json:"initiatedBy"`
		Targets []person `json:"targetResources"`
	}
	if entra.Decode(row, &e) != nil {
		return true // the reader says what is wrong with it
	}
	for _, who := range append(e.Targets, e.InitiatedBy.User) {
		if who.ID != "" && p.keys.has(who.ID) || who.UPN != "" && p.names.has(who.UPN) {
			return true
		}
	}
	return false
}
