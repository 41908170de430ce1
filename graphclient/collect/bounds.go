package collect

import (
	"context"
	"sync"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// bound says, of a section of which so many rows were read, how many it can have at the
// very most, as far as can be told by now; 0 if it cannot. A service that hands out ever
// new rows under ever new links is left there: nothing else would end that. A bound is
// no expectation. It lies far above what tenants hold, since a section that reaches it
// is cut off.
type bound func(ctx context.Context, j *job, rows int) int

// atMost bounds what administrators make one by one, and what there is one of for each
// product. Entra takes a few hundred policies, locations and strengths in a tenant and
// some thousand domains; the exact limits have changed, so at least twice of the
// greatest known is allowed.
func atMost(most int) bound { return func(context.Context, *job, int) int { return most } }

// uncounted is how many rows are read before Graph is asked on their account how many
// people or devices there are.
const uncounted = 10 * directoryPage

// perAccount bounds what accounts have: so much each, and some more. otherwise stands
// where Graph does not count accounts.
func perAccount(each, more, otherwise int) bound {
	return func(ctx context.Context, j *job, rows int) int {
		n, known := j.r.knownAccounts()
		if !known {
			if rows < uncounted {
				return 0
			}
			if n, known = j.r.countAccounts(ctx); !known {
				return otherwise
			}
		}
		// Counts come from an index that lags.
		return (n+n/2)*each + more
	}
}

// knownAccounts is how many accounts the tenant has, if that came up by now.
func (r *run) knownAccounts() (n int, known bool) {
	if n := r.expected.Load(); n > 0 {
		return int(n), true
	}
	if r.people != nil {
		return 0, false // those that are read are not all
	}
	select {
	case <-r.done[snapshot.Users]:
	default:
		return 0, false
	}
	if e := r.entryOf(snapshot.Users); e.State == snapshot.Complete && e.Objects != nil && *e.Objects > 0 {
		return *e.Objects, true
	}
	return 0, false
}

// tally is a count that is asked for once, when it is first needed.
type tally struct {
	once  sync.Once
	n     int
	known bool
}

func (t *tally) ask(ctx context.Context, c *graphclient.Client, request graphclient.Request) (n int, known bool) {
	t.once.Do(func() {
		if n, err := c.Count(ctx, request); err == nil && n > 0 {
			t.n, t.known = int(n), true
		}
	})
	return t.n, t.known
}

func (r *run) countAccounts(ctx context.Context) (n int, known bool) {
	return r.accountTally.ask(ctx, r.client, graphclient.UsersCount())
}

// devicesEach is how many devices an account has at the very most where the directory
// does not count them: as many as Entra lets people register unless that was changed.
const devicesEach = 50

// allDevices bounds the directory's devices by its own count of them.
func allDevices(ctx context.Context, j *job, rows int) int {
	if rows < uncounted {
		return 0
	}
	if n, known := j.r.deviceTally.ask(ctx, j.r.client, graphclient.DevicesCount()); known {
		return n + n/2 + 1000
	}
	return perAccount(devicesEach, uncounted, 5_000_000)(ctx, j, rows)
}
