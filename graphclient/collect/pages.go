package collect

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"passkeyaudit/audit/entra"
	"passkeyaudit/graphclient"
)

// stalePages is how many pages in a row may bring nothing new. Services have been
// seen to hand out the same rows for ever under ever new links.
const stalePages = 3

const (
	// emptyPages is how many pages in a row may be empty. One now and then is usual.
	emptyPages = 50
	// mostRestarts is how often a listing is begun again because its page tokens do
	// not hold.
	mostRestarts = 3
)

// errStale ends a listing that goes round in circles, errEmpty one that goes on
// without an end.
var (
	errStale = errors.New("page after page brought no new row")
	errEmpty = errors.New("page after page was empty")
)

// listing reads a collection page by page. Rows with an id that came before are
// left out: pages of a changing directory overlap, and a listing that is started
// again repeats itself.
type listing struct {
	client *graphclient.Client
	key    string // the member that identifies a row
	seen   *idSet
	// each gets the new rows of a page.
	each func(rows []entra.Raw) error

	// most says how many rows there can be when so many were read; nil or 0 if that is
	// not known.
	most func(ctx context.Context, rows int) int

	pages, total int
}

// read reads the collection, again from its start if its page tokens do not hold.
func (l *listing) read(ctx context.Context, req graphclient.Request) error {
	err := l.once(ctx, req)
	for range mostRestarts {
		if err == nil || !restartable(err) {
			return err
		}
		err = l.once(ctx, req)
	}
	return err
}

func (l *listing) once(ctx context.Context, req graphclient.Request) error {
	progress := newAdvance(l.seen.len())
	for page, err := range l.client.Pages(ctx, req) {
		if err != nil {
			return err
		}
		l.pages++
		all := len(page.Rows)
		fresh := page.Rows[:0]
		for _, row := range page.Rows {
			if id := entra.Text(row, entra.Pointer(l.key)); id == "" || l.seen.add(id) {
				fresh = append(fresh, row)
			}
		}
		l.total += len(fresh)
		if err := l.each(fresh); err != nil {
			return err
		}
		stuck := progress.page(all, len(fresh))
		switch {
		case page.Next == "":
		case stuck != nil:
			return stuck
		case l.most != nil:
			if most := l.most(ctx, l.total); most > 0 && l.total > most {
				return fmt.Errorf("%d rows so far of at most %d, and still more pages", l.total, most)
			}
		}
	}
	return nil
}

// advance watches whether a chain of pages gets anywhere.
type advance struct {
	known        int // rows that were read before and may come again
	stale, empty int // pages in a row
}

func newAdvance(known int) *advance { return &advance{known: known} }

// page takes a page of so many rows, some of them new, and says if the chain goes on
// without getting anywhere.
func (a *advance) page(all, fresh int) error {
	a.known -= all - fresh
	switch {
	case all == 0:
		a.empty++
	case fresh > 0:
		a.stale, a.empty = 0, 0
	default:
		a.empty = 0
		if a.known < 0 {
			a.stale++
		}
	}
	switch {
	case a.stale >= stalePages:
		return errStale
	case a.empty >= emptyPages:
		return errEmpty
	}
	return nil
}

// restartable tells whether an error is about the chain of pages and not about
// the collection.
func restartable(err error) bool {
	var e *graphclient.Error
	var p *graphclient.PagingError
	return errors.As(err, &p) || errors.As(err, &e) && e.ExpiredPageToken()
}

// list reads a collection into the section. Of several requests the first that
// the service takes is used: a 400 before the first page passes on to the next.
func (j *job) list(ctx context.Context, requests ...graphclient.Request) error {
	return j.listInto(ctx, &idSet{}, "id", j.keepAll, requests...)
}

func (j *job) keepAll(rows []entra.Raw) error { return j.append(rows...) }

func (j *job) listInto(ctx context.Context, seen *idSet, key string, each func([]entra.Raw) error, requests ...graphclient.Request) error {
	var err error
	for _, req := range requests {
		j.entry.Request = req.String()
		l := listing{client: j.r.client, key: key, seen: seen, each: each, most: j.bound}
		if err = l.read(ctx, req); err == nil || l.pages > 0 || !refusedWith(err, http.StatusBadRequest) {
			return err
		}
	}
	return err
}
