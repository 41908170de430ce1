package history

import (
	"context"
	"database/sql"

	"passkeyaudit/audit"
)

// mostMoments bounds a trend: beyond it a chart is no longer read, and every moment is a
// run that is loaded.
const mostMoments = 60

// Trend is how a tenant went up to a run.
type Trend struct {
	// Moments are the oldest snapshot first; the last one is the run itself.
	Moments []Moment
	// Earlier counts older snapshots for which there was no room.
	Earlier int
}

// Moment is a run in a trend.
type Moment struct {
	Point
	// Unjudged counts checks that could not be judged: what they would have found is not
	// among the findings.
	Unjudged int
	// Differs says in what it was judged unlike the run at the end. Where it was, numbers
	// may differ though the tenant does not.
	Differs []Difference
}

// Difference is something by which two runs of one tenant were judged unlike.
type Difference string

// Differences of runs.
const (
	OtherChecks   Difference = "checks"
	OtherSettings Difference = "settings"
	OtherVersion  Difference = "version"
)

// Trend is how a tenant went up to a run, which need not be in the file: one moment for
// every snapshot that is not later. Of a snapshot that was judged more than once it takes
// the run that was judged most like this one, of several the one kept last. Runs of
// another part of the tenant have no place in it: they count other people.
func (s *Store) Trend(ctx context.Context, now *Run) (*Trend, error) {
	t := &Trend{}
	err := s.within(ctx, func(tx *sql.Tx) error {
		found, err := before(ctx, tx, now)
		if err != nil {
			return err
		}
		if t.Earlier = max(0, len(found)-(mostMoments-1)); t.Earlier > 0 {
			found = found[t.Earlier:]
		}
		for _, f := range found {
			r, err := load(ctx, tx, f.id)
			if err != nil {
				return err
			}
			t.Moments = append(t.Moments, Moment{r.point(), r.unjudged(), f.differs})
		}
		return nil
	})
	t.Moments = append(t.Moments, Moment{Point: now.point(), Unjudged: now.unjudged()})
	t.Moments[len(t.Moments)-1].TakenAt = stamp(now.TakenAt)
	return t, err
}

// candidate is a run that was kept.
type candidate struct {
	id      int64
	differs []Difference
}

// before finds the runs that come before one in its trend.
func before(ctx context.Context, tx *sql.Tx, now *Run) ([]candidate, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, digest, settings, version, selection FROM runs
		WHERE tenant = ? AND scope = ? AND taken_at <= ? AND digest <> ? ORDER BY taken_at, id`,
		fold(now.Tenant.ID), scopeText(now.Scope), stamp(now.TakenAt), now.Digest)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []candidate
	at := map[string]int{} // by digest
	for rows.Next() {
		var c candidate
		var digest, settings, version, selection string
		if err := rows.Scan(&c.id, &digest, &settings, &version, &selection); err != nil {
			return nil, err
		}
		if selection != now.selection() {
			c.differs = append(c.differs, OtherChecks)
		}
		if settings != now.Settings {
			c.differs = append(c.differs, OtherSettings)
		}
		if version != now.Tool.Version {
			c.differs = append(c.differs, OtherVersion)
		}
		i, known := at[digest]
		switch {
		case !known:
			at[digest], found = len(found), append(found, c)
		case len(c.differs) <= len(found[i].differs):
			found[i] = c
		}
	}
	return found, rows.Err()
}

// unjudged counts the checks of a run that could not be judged.
func (r *Run) unjudged() int {
	n := 0
	for i := range r.Checks {
		if r.Checks[i].Outcome == audit.Unknown.String() {
			n++
		}
	}
	return n
}
