package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

const (
	// application marks the file as ours, for SQLite and for "file": PKAU.
	application = 0x504b4155
	// version is the schema's. A program that finds a higher one leaves the file alone.
	version = 1
	// patience is how long a run waits for another one that writes, in milliseconds.
	patience = 60_000
)

// schema is version 1. Times are RFC 3339 in UTC, so that their order is that of texts.
const schema = `
CREATE TABLE runs (
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL, tenant_name TEXT NOT NULL, default_domain TEXT NOT NULL,
	taken_at TEXT NOT NULL, digest TEXT NOT NULL, settings TEXT NOT NULL,
	tool TEXT NOT NULL, version TEXT NOT NULL, scope TEXT NOT NULL, selection TEXT NOT NULL,
	people INTEGER, accounts INTEGER,
	UNIQUE (tenant, digest, settings, version, selection)
);
CREATE TABLE checks (
	run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
	id TEXT NOT NULL, slug TEXT NOT NULL, outcome TEXT NOT NULL, missing TEXT NOT NULL,
	PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE TABLE findings (
	run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, at INTEGER NOT NULL,
	fingerprint TEXT NOT NULL, check_id TEXT NOT NULL, slug TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL,
	subject_type TEXT NOT NULL, subject_id TEXT NOT NULL, subject_name TEXT NOT NULL,
	tentative INTEGER NOT NULL, accepted INTEGER NOT NULL, affected INTEGER NOT NULL,
	PRIMARY KEY (run, at)
) WITHOUT ROWID;
CREATE TABLE states (
	run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, state TEXT NOT NULL, people INTEGER NOT NULL,
	PRIMARY KEY (run, state)
) WITHOUT ROWID;
`

// Store is an SQLite file of past runs. It names no people save where a finding is
// about one account. Several programs may use one file at the same time.
type Store struct{ db *sql.DB }

// Open opens a file of runs, or makes one that only its owner may read.
func Open(ctx context.Context, file string) (*Store, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the file of past runs: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return open(ctx, file)
}

// OpenExisting is Open for those who only look.
func OpenExisting(ctx context.Context, file string) (*Store, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("there is no file of past runs: %w", err)
	}
	return open(ctx, file)
}

func open(ctx context.Context, file string) (*Store, error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	// Every transaction takes the lock when it begins: two that read first and write then
	// would stand in each other's way.
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: url.Values{
		"_txlock": {"immediate"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", patience), "foreign_keys(1)"},
	}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	s := &Store{db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the file of past runs %s: %w", file, err), db.Close())
	}
	return s, nil
}

// prepare makes the tables of a new file, and refuses a file that is something else.
func (s *Store) prepare(ctx context.Context) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		var mark, has, tables int
		for pragma, v := range map[string]*int{"PRAGMA application_id": &mark, "PRAGMA user_version": &has, "SELECT count(*) FROM sqlite_master": &tables} {
			if err := tx.QueryRowContext(ctx, pragma).Scan(v); err != nil {
				return err
			}
		}
		switch {
		case mark == application && has == version:
			return nil
		case mark == application && has > version:
			return fmt.Errorf("a newer passkeyaudit has written it (schema %d, this one knows %d)", has, version)
		case mark != 0 || has != 0 || tables > 0:
			return errors.New("it is the database of another program")
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d;", schema, application, version))
		return err
	})
}

// within runs a function in a transaction.
func (s *Store) within(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Record keeps a run. The same snapshot judged again by the same settings, version and
// checks takes the place of the earlier run.
func (s *Store) Record(ctx context.Context, r *Run) error {
	chosen := r.selection()
	err := s.within(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM runs WHERE tenant = ? AND digest = ? AND settings = ? AND version = ? AND selection = ?`,
			fold(r.Tenant.ID), r.Digest, r.Settings, r.Tool.Version, chosen)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO runs (tenant, tenant_name, default_domain, taken_at, digest, settings, tool, version, scope, selection, people, accounts)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			fold(r.Tenant.ID), r.Tenant.DisplayName, r.Tenant.DefaultDomain, stamp(r.TakenAt), r.Digest, r.Settings, r.Tool.Name, r.Tool.Version,
			scopeText(r.Scope), chosen, r.People, r.Accounts)
		if err != nil {
			return err
		}
		id, err := res.LastInsertId()
		if err != nil {
			return err
		}
		return r.insert(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("keeping the run: %w", err)
	}
	return nil
}

// selection names the checks of a run, in one order.
func (r *Run) selection() string {
	ids := make([]string, len(r.Checks))
	for i, c := range r.Checks {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (r *Run) insert(ctx context.Context, tx *sql.Tx, id int64) error {
	for _, c := range r.Checks {
		missing := make([]string, len(c.Missing))
		for i, m := range c.Missing {
			missing[i] = string(m)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO checks VALUES (?, ?, ?, ?, ?)`, id, c.ID, c.Slug, c.Outcome, strings.Join(missing, " ")); err != nil {
			return err
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		_, err := tx.ExecContext(ctx, `INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, i, f.Fingerprint, f.Check, f.Slug, f.Severity,
			f.Message, string(f.Subject.Type), f.Subject.ID, f.Subject.Name, f.Tentative, f.Accepted, f.Affected)
		if err != nil {
			return err
		}
	}
	for state, n := range r.States {
		if _, err := tx.ExecContext(ctx, `INSERT INTO states VALUES (?, ?, ?)`, id, string(state), n); err != nil {
			return err
		}
	}
	return nil
}

// Entry is a line of the list of runs.
type Entry struct {
	ID      int64
	Tenant  snapshot.Tenant
	Digest  string
	Version string
	// Settings is the digest of the settings.
	Settings string
	Scope    string
	Checks   int
	Point
	// New and Fixed compare with the run of the tenant before; nil for the first.
	New, Fixed *int
}

// Point is a run in numbers, as a trend has it. Findings that are tentative or accepted
// are not counted.
type Point struct {
	TakenAt  string
	People   *int
	Findings map[audit.Severity]int
	// States counts people by state; nil where that run could not judge them.
	States map[bootstrap.State]int
}

// Runs lists the runs of a tenant, or of all where the id is empty: by tenant, the
// oldest snapshot first.
func (s *Store) Runs(ctx context.Context, tenant string) ([]Entry, error) {
	var list []Entry
	err := s.within(ctx, func(tx *sql.Tx) error {
		ids, err := runIDs(ctx, tx, tenant)
		if err != nil {
			return err
		}
		var before *Run
		for _, id := range ids {
			r, err := load(ctx, tx, id)
			if err != nil {
				return err
			}
			e := Entry{
				ID: id, Tenant: r.Tenant, Digest: r.Digest, Version: r.Tool.Version, Settings: r.Settings,
				Scope: string(r.Scope.Kind), Checks: len(r.Checks), Point: r.point(),
			}
			if before != nil && before.Tenant.ID == r.Tenant.ID {
				c := compareFindings(before, r)
				added, fixed := len(c.New), len(c.Fixed)
				e.New, e.Fixed = &added, &fixed
			}
			list, before = append(list, e), r
		}
		return nil
	})
	return list, err
}

// Run gives a run by its number.
func (s *Store) Run(ctx context.Context, id int64) (*Run, error) {
	var r *Run
	err := s.within(ctx, func(tx *sql.Tx) (err error) {
		r, err = load(ctx, tx, id)
		return err
	})
	return r, err
}

// Before gives the last run of a tenant of another snapshot that is not later than a
// time; nil where there is none.
func (s *Store) Before(ctx context.Context, tenant, takenAt, digest string) (*Run, error) {
	var r *Run
	err := s.within(ctx, func(tx *sql.Tx) error {
		var id int64
		err := tx.QueryRowContext(ctx, `SELECT id FROM runs WHERE tenant = ? AND taken_at <= ? AND digest <> ? ORDER BY taken_at DESC, id DESC LIMIT 1`,
			fold(tenant), stamp(takenAt), digest).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			r, err = load(ctx, tx, id)
		}
		return err
	})
	return r, err
}

func runIDs(ctx context.Context, tx *sql.Tx, tenant string) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id FROM runs WHERE ? = '' OR tenant = ? ORDER BY tenant, taken_at, id`, tenant, fold(tenant))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func load(ctx context.Context, tx *sql.Tx, id int64) (*Run, error) {
	var r Run
	var scope string
	err := tx.QueryRowContext(ctx, `SELECT tenant, tenant_name, default_domain, taken_at, digest, settings, tool, version, scope, people, accounts FROM runs WHERE id = ?`, id).
		Scan(&r.Tenant.ID, &r.Tenant.DisplayName, &r.Tenant.DefaultDomain, &r.TakenAt, &r.Digest, &r.Settings, &r.Tool.Name, &r.Tool.Version, &scope, &r.People, &r.Accounts)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("there is no run %d", id)
	}
	if err != nil {
		return nil, err
	}
	r.Scope = scopeOf(scope)
	err = each(ctx, tx, `SELECT id, slug, outcome, missing FROM checks WHERE run = ? ORDER BY id`, id, func(scan func(...any) error) error {
		var c Check
		var missing string
		err := scan(&c.ID, &c.Slug, &c.Outcome, &missing)
		for _, m := range strings.Fields(missing) {
			c.Missing = append(c.Missing, snapshot.SectionID(m))
		}
		r.Checks = append(r.Checks, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, `SELECT fingerprint, check_id, slug, severity, message, subject_type, subject_id, subject_name, tentative, accepted, affected
		FROM findings WHERE run = ? ORDER BY at`, id, func(scan func(...any) error) error {
		var f Finding
		err := scan(&f.Fingerprint, &f.Check, &f.Slug, &f.Severity, &f.Message, &f.Subject.Type, &f.Subject.ID, &f.Subject.Name, &f.Tentative, &f.Accepted, &f.Affected)
		r.Findings = append(r.Findings, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	err = each(ctx, tx, `SELECT state, people FROM states WHERE run = ?`, id, func(scan func(...any) error) error {
		var state bootstrap.State
		var n int
		err := scan(&state, &n)
		if r.States == nil {
			r.States = map[bootstrap.State]int{}
		}
		r.States[state] = n
		return err
	})
	return &r, err
}

func each(ctx context.Context, tx *sql.Tx, query string, id int64, f func(scan func(...any) error) error) error {
	rows, err := tx.QueryContext(ctx, query, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (r *Run) point() Point {
	p := Point{TakenAt: r.TakenAt, People: r.People, Findings: map[audit.Severity]int{}, States: r.States}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Counts() {
			if s, err := audit.ParseSeverity(f.Severity); err == nil {
				p.Findings[s]++
			}
		}
	}
	return p
}

func fold(id string) string { return strings.ToLower(id) }

// stamp writes a time in UTC, with as many digits as any other.
func stamp(text string) string {
	if at := entra.TimeOf(text); !at.IsZero() {
		return at.UTC().Format(time.RFC3339)
	}
	return text
}

// scopeText writes how far a run reached, empty for the whole tenant.
func scopeText(s snapshot.Scope) string {
	if !s.Narrowed() {
		return ""
	}
	return strings.Join(append([]string{string(s.Kind)}, s.IDs...), " ")
}

func scopeOf(text string) snapshot.Scope {
	words := strings.Fields(text)
	if len(words) == 0 {
		return snapshot.Scope{}
	}
	return snapshot.Scope{Kind: snapshot.ScopeKind(words[0]), IDs: words[1:]}
}
