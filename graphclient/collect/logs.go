package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

const (
	// slicePages is after how many pages a chain of them is cut.
	slicePages = 10
	// shortestWindow is not halved any more.
	shortestWindow = time.Hour
	// namePages is how many pages of changes of users are read of a large tenant, in
	// search of those of names: of a hundred thousand records, at the pace that Graph
	// allows (5 requests in 10 s) not four minutes.
	namePages = 100
	// standstill is after how many pages that get no further in time a log is given up: at
	// a thousand events a page, too many for one second.
	standstill = 100
	// mostResumes bounds how often one log is taken up again after broken pages.
	mostResumes = 100
)

// logReader reads the events of a window, newest first as Graph lists them. Long
// chains of pages are known to break, so after some pages a chain is cut and a new
// one begun at the oldest event that was read: what lies above is a slice. A window
// that is too much for the service is halved, and one that broke half way is cut
// where it broke.
type logReader struct {
	j    *job
	time string // the member that holds an event's time
	keep func(entra.Raw) bool
	seen *idSet // ids of all events so far; nil compares neighbouring windows only
	// edge are the ids of events at the edges of windows, which belong to both sides;
	// last are those of the window that is being read.
	edge, last *idSet

	began   time.Time
	reached time.Time // how far back it was read when the time was over
	resumes int

	mostPages, pages int // mostPages 0: any number
}

// errEnough ends a read that is not worth going on with.
var errEnough = errors.New("more pages than are worth reading")

type window struct{ from, to time.Time }

// slice names a window that one of several reads came through.
func (w window) slice(read int) string {
	return fmt.Sprintf("%d %s/%s", read, eventTime(w.from), eventTime(w.to))
}

// parseSlice is the other way round.
func parseSlice(text string) (read int, w window, ok bool) {
	number, span, _ := strings.Cut(text, " ")
	from, to, _ := strings.Cut(span, "/")
	var errs [3]error
	read, errs[0] = strconv.Atoi(number)
	w.from, errs[1] = time.Parse(time.RFC3339Nano, from)
	w.to, errs[2] = time.Parse(time.RFC3339Nano, to)
	return read, w, errors.Join(errs[:]...) == nil
}

// left is what remains of a window after the slices that an earlier run came
// through, the oldest part first.
func (l *logReader) left(read int, whole window) []window {
	rest := []window{whole}
	for name := range l.j.done {
		n, done, ok := parseSlice(name)
		if !ok || n != read {
			continue
		}
		var next []window
		for _, w := range rest {
			if !done.from.Before(w.to) || !done.to.After(w.from) {
				next = append(next, w)
				continue
			}
			if done.from.After(w.from) {
				next = append(next, window{w.from, done.from})
			}
			if done.to.Before(w.to) {
				next = append(next, window{done.to, w.to})
			}
		}
		rest = next
	}
	slices.SortFunc(rest, func(a, b window) int { return a.from.Compare(b.from) })
	return rest
}

// read reads a window by the first request that the service takes. Each read of a
// section has a number of its own.
func (l *logReader) read(ctx context.Context, number int, w window, requests ...windowRequest) error {
	var err error
	for _, request := range requests {
		l.j.entry.Request = request("{from}", "{to}").String()
		var pages int
		pages, err = l.windows(ctx, number, w, request)
		if err == nil || pages > 0 || !refusedWith(err, http.StatusBadRequest, http.StatusNotFound) {
			return err
		}
	}
	return err
}

func (l *logReader) windows(ctx context.Context, number int, whole window, request windowRequest) (pages int, err error) {
	todo := l.left(number, whole)
	for len(todo) > 0 {
		w := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		run := logRun{oldest: w.to, sorted: true}
		l.last = &idSet{}
		err := l.once(ctx, w, request, &run)
		for tries := 0; tries < mostRestarts && !run.sorted && err != nil && restartable(err); tries++ {
			// Where the order is not known the whole window has to be read again.
			err = l.once(ctx, w, request, &run)
		}
		pages += run.pages
		// What was read of the window ends at the oldest event, if that can be said.
		cut := run.rows > 0 && run.sorted && run.oldest.Before(w.to) && run.oldest.After(w.from)
		switch {
		case err == nil:
			l.addEdge(run.floor)
			if err := l.j.end(w.slice(number)); err != nil {
				return pages, err
			}
		case isFatal(err) || ctx.Err() != nil:
			return pages, err
		case errors.Is(err, errCut), cut && l.resumes < mostResumes && (restartable(err) || tooSlow(err)):
			if !errors.Is(err, errCut) {
				l.resumes++
			}
			todo = append(todo, window{w.from, run.oldest})
			l.addEdge(run.edge)
			if err := l.j.end(window{run.oldest, w.to}.slice(number)); err != nil {
				return pages, err
			}
		case errors.Is(err, errOutOfTime):
			if cut {
				l.addEdge(run.edge)
				if err := l.j.end(window{run.oldest, w.to}.slice(number)); err != nil {
					return pages, err
				}
			}
			l.outOfTime(run.oldest, cut)
			return pages, nil
		case run.rows == 0 && tooSlow(err) && w.to.Sub(w.from) > shortestWindow && !l.over():
			middle := w.from.Add(w.to.Sub(w.from) / 2).Truncate(time.Second)
			todo = append(todo, window{w.from, middle}, window{middle, w.to})
		default:
			return pages, err
		}
	}
	return pages, nil
}

// over tells whether a log was read for as long as it may be.
func (l *logReader) over() bool { return l.j.r.opts.Now().Sub(l.began) > l.j.r.opts.LogTime }

// outOfTime says that the time for a log was over.
func (l *logReader) outOfTime(oldest time.Time, known bool) {
	limit := l.j.r.opts.LogTime
	l.j.retry = true
	if known {
		if l.reached.IsZero() {
			l.reached = oldest
			l.j.entry.From = stamp(oldest)
		}
		l.j.gap("the %s for this log were over: events before %s were not read", limit, stamp(oldest))
		return
	}
	l.j.gap("the %s for this log were over before all events were read", limit)
}

func (l *logReader) addEdge(ids []string) {
	for _, id := range ids {
		l.edge.add(id)
	}
}

// logRun is what one chain of pages came to.
type logRun struct {
	pages, rows int
	oldest      time.Time
	edge        []string // ids of the events at oldest
	floor       []string // ids of the events at the lower edge of the window
	sorted      bool     // newest first, as far as can be seen
}

var (
	// errCut ends a chain of pages that is long enough.
	errCut = errors.New("the chain of pages is cut here")
	// errOutOfTime ends a log that took as long as it may.
	errOutOfTime = errors.New("the time is over")
	// errStandstill ends a log that goes on without getting anywhere.
	errStandstill = errors.New("page after page brought no event from another time")
)

func (l *logReader) once(ctx context.Context, w window, request windowRequest, run *logRun) error {
	progress := newAdvance(l.last.len() + l.edge.len() + l.seen.len())
	reached, idle := window{w.to, w.from}, 0
	for page, err := range l.j.r.client.Pages(ctx, request(eventTime(w.from), eventTime(w.to))) {
		if err != nil {
			return err
		}
		run.pages++
		if l.pages++; l.mostPages > 0 && l.pages > l.mostPages {
			return errEnough
		}
		fresh := l.fresh(page.Rows)
		stuck := progress.page(len(page.Rows), len(fresh))
		switch {
		case len(page.Rows) == 0: // which progress counts
		case l.span(page.Rows, w, &reached):
			idle = 0
		default:
			idle++
		}
		for _, row := range fresh {
			run.rows++
			at, err := time.Parse(time.RFC3339, entra.Text(row, entra.Pointer(l.time)))
			if err == nil && !at.After(w.from) {
				run.floor = append(run.floor, entra.Text(row, "/id"))
			}
			if err != nil || at.After(run.oldest) {
				run.sorted = false
				continue
			}
			if at.Before(run.oldest) {
				run.oldest, run.edge = at, nil
			}
			run.edge = append(run.edge, entra.Text(row, "/id"))
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
		switch {
		case page.Next == "":
		case stuck != nil:
			return stuck
		case idle >= standstill:
			return errStandstill
		case l.over():
			return errOutOfTime
		case run.pages >= slicePages && run.sorted && run.oldest.Before(w.to) && run.oldest.After(w.from):
			return errCut
		}
	}
	return nil
}

// span widens what a chain of pages reached by the ends of a page that has rows, and tells
// whether that got it any further. It starts inside out, so that the first page does.
// What has no time that can be read is no sign of standing still.
func (l *logReader) span(rows []entra.Raw, w window, reached *window) (further bool) {
	for _, row := range []entra.Raw{rows[0], rows[len(rows)-1]} {
		at, err := time.Parse(time.RFC3339, entra.Text(row, entra.Pointer(l.time)))
		if err != nil {
			return true
		}
		if at.Before(w.from) || at.After(w.to) {
			continue
		}
		if at.Before(reached.from) {
			reached.from, further = at, true
		}
		if at.After(reached.to) {
			reached.to, further = at, true
		}
	}
	return further
}

// fresh leaves out events that came before: in this window, or at the edge of
// another one.
func (l *logReader) fresh(rows []entra.Raw) []entra.Raw {
	fresh := make([]entra.Raw, 0, len(rows))
	for _, row := range rows {
		id := entra.Text(row, "/id")
		switch {
		case id == "":
		case !l.last.add(id) || l.edge.has(id):
			continue
		case l.seen != nil && !l.seen.add(id):
			continue
		}
		fresh = append(fresh, row)
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
	w := window{j.r.from, j.r.takenAt}
	j.entry.From, j.entry.To = stamp(w.from), stamp(w.to)
	return w
}

func (j *job) newLogReader(time string) logReader {
	return logReader{j: j, time: time, edge: j.old, began: j.r.opts.Now()}
}

// atEdge tells whether an event may come again when a section is gone on with: it
// lies at the edge of a slice.
func (j *job) atEdge(row entra.Raw) bool {
	if j.edges == nil {
		j.edges = map[string]bool{}
		for name := range j.done {
			if _, w, ok := parseSlice(name); ok {
				j.edges[eventTime(w.from)], j.edges[eventTime(w.to)] = true, true
			}
		}
	}
	for _, member := range []string{"/createdDateTime", "/activityDateTime"} {
		if at, err := time.Parse(time.RFC3339, entra.Text(row, member)); err == nil && j.edges[eventTime(at)] {
			return true
		}
	}
	return false
}

// readSignIns reads interactive sign-ins. Some national clouds have them in beta
// only, and only beta says by which method people signed in.
func readSignIns(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	l := j.newLogReader("createdDateTime")
	condition := ""
	switch p := j.r.people; {
	case p == nil:
	case p.oneUser():
		condition = "userId eq " + quote(p.ids[0])
	default:
		l.keep = func(row entra.Raw) bool { return p.has(entra.Text(row, "/userId")) }
	}
	w := j.window()
	stable, beta := signInRequest(false, condition), signInRequest(true, condition)
	requests := []windowRequest{stable, beta}
	if j.r.opts.BetaSignIns {
		requests = []windowRequest{beta, stable}
	}
	err := l.read(ctx, 0, w, requests...)
	if j.r.opts.BetaSignIns && strings.Contains(j.entry.Request, "/beta/") {
		j.note("from Graph's beta version")
	}
	if err != nil || l.reached.IsZero() || j.r.people != nil {
		return err
	}
	return l.readFailures(ctx, window{w.from, l.reached}, j.r.opts.BetaSignIns)
}

// readAudits reads what happened to methods and policies, and changes of names; in a
// small tenant, and of one user, everything.
func readAudits(ctx context.Context, j *job) error {
	if j.noPeople() {
		return nil
	}
	w := j.window()
	conditions := auditConditions
	l := j.newLogReader("activityDateTime")
	switch p := j.r.people; {
	case p == nil:
		// Of accounts that were not read to the end there may be any number.
		if a := &j.r.accounts; j.r.entryOf(snapshot.Users).State == snapshot.Complete && a.len() <= everyone {
			conditions = wholeLog
		}
	case p.oneUser():
		id := quote(p.ids[0])
		l.seen = j.old // the three reads overlap
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
	for number, alternatives := range conditions {
		var reads []windowRequest
		for _, c := range alternatives {
			reads = append(reads, auditRequest(c))
		}
		if err := l.read(ctx, number, w, reads...); err != nil {
			return err
		}
		requests = append(requests, j.entry.Request)
	}
	if !j.r.people.oneUser() && len(conditions) > 1 {
		read, err := l.readNames(ctx, len(conditions), w)
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
func (l *logReader) readNames(ctx context.Context, number int, w window) (read bool, err error) {
	names := l.j.newLogReader(l.time)
	names.mostPages = namePages
	names.keep = func(row entra.Raw) bool { return changesName(row) && (l.keep == nil || l.keep(row)) }
	err = names.read(ctx, number, w, auditRequest(nameChanges))
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
