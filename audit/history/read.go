package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

// The schemas of what can be read.
const (
	reportSchema = "passkeyaudit.report/v1"
	userSchema   = "passkeyaudit.user/v1"
)

// Stored is what a file holds: a run, or where people stood.
type Stored struct {
	Run *Run
	// People is where everybody stood, of a file that "readiness --users" wrote; Run is
	// nil then.
	People []Person
}

// Person is where one account stood.
type Person struct {
	ID                string          `json:"id"`
	UserPrincipalName string          `json:"userPrincipalName"`
	Kind              string          `json:"kind"`
	State             bootstrap.State `json:"state"`
}

// ErrNoRun reports a file that is none of those that can be compared.
var ErrNoRun = errors.New("not a stored run: give what audit wrote with --format json or ndjson, or readiness with --users --format ndjson")

type storedRun struct {
	Type     string          `json:"type"`
	Schema   string          `json:"schema"`
	Tool     snapshot.Tool   `json:"tool"`
	Tenant   snapshot.Tenant `json:"tenant"`
	Snapshot struct {
		TakenAt string         `json:"takenAt"`
		Digest  string         `json:"digest"`
		Scope   snapshot.Scope `json:"scope"`
	} `json:"snapshot"`
	Settings struct {
		Digest string `json:"digest"`
	} `json:"settings"`
	Summary struct {
		Users    *int `json:"users"`
		Accounts *int `json:"accounts"`
	} `json:"summary"`
	Checks   []storedCheck   `json:"checks"`
	Findings []storedFinding `json:"findings"`
}

type storedCheck struct {
	ID      string               `json:"id"`
	Slug    string               `json:"slug"`
	Outcome string               `json:"outcome"`
	Missing []snapshot.SectionID `json:"missing"`
}

type storedFinding struct {
	Check       string `json:"check"`
	Severity    string `json:"severity"`
	Tentative   bool   `json:"tentative"`
	Accepted    bool   `json:"accepted"`
	Message     string `json:"message"`
	Fingerprint string `json:"fingerprint"`
	Subject     struct {
		Type string `json:"type"`
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"subject"`
	Affected struct {
		Count     int            `json:"count"`
		Users     []storedMember `json:"users"`
		Truncated bool           `json:"truncated"`
	} `json:"affected"`
	Evidence []struct {
		Section snapshot.SectionID `json:"section"`
		Object  string             `json:"object"`
	} `json:"evidence"`
}

type storedMember struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
}

// storedLine is what is looked at of every line of a stream first.
type storedLine struct {
	Type   string `json:"type"`
	Schema string `json:"schema"`
}

// Read reads what audit or readiness stored. A stream that does not come to its end is
// an error: what is not in it would seem to be fixed.
func Read(from io.Reader) (*Stored, error) {
	in := bufio.NewReaderSize(from, 1<<20)
	first, err := in.ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	first = bytes.TrimPrefix(first, []byte("\xef\xbb\xbf"))
	var head storedLine
	if entra.Decode(first, &head) == nil {
		switch {
		case head.Schema == userSchema:
			return readPeople(first, in)
		case head.Schema == reportSchema && head.Type == "header":
			return readStream(first, in)
		}
	}
	rest, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var doc storedRun
	if err := entra.Decode(append(first, rest...), &doc); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoRun, err)
	}
	if doc.Schema != reportSchema || doc.Type != "" {
		return nil, ErrNoRun
	}
	run := doc.run()
	for i := range doc.Findings {
		run.Findings = append(run.Findings, doc.Findings[i].finding())
	}
	return run.done(doc.Checks)
}

// lines yields the lines of a stream, the first of which was read before.
func lines(first []byte, in *bufio.Reader, yield func([]byte) error) error {
	for line, n := first, 1; ; n++ {
		if len(bytes.TrimSpace(line)) > 0 {
			if err := yield(line); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		}
		var err error
		if line, err = in.ReadBytes('\n'); len(line) == 0 && errors.Is(err, io.EOF) {
			return nil
		} else if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
}

func readPeople(first []byte, in *bufio.Reader) (*Stored, error) {
	out := &Stored{People: []Person{}}
	err := lines(first, in, func(line []byte) error {
		var p struct {
			Schema string `json:"schema"`
			Person
		}
		if err := entra.Decode(line, &p); err != nil {
			return err
		}
		if p.Schema != userSchema || p.ID == "" || !slices.Contains(bootstrap.States, p.State) {
			return fmt.Errorf("no line of readiness --users")
		}
		out.People = append(out.People, p.Person)
		return nil
	})
	return out, err
}

func readStream(first []byte, in *bufio.Reader) (*Stored, error) {
	var run *Run
	var checks []storedCheck
	ended := false
	err := lines(first, in, func(line []byte) error {
		var head storedLine
		if err := entra.Decode(line, &head); err != nil {
			return err
		}
		switch head.Type {
		case "header":
			var h storedRun
			if err := entra.Decode(line, &h); err != nil {
				return err
			}
			run = h.run()
		case "check":
			var c storedCheck
			if err := entra.Decode(line, &c); err != nil {
				return err
			}
			checks = append(checks, c)
		case "finding":
			var f storedFinding
			if err := entra.Decode(line, &f); err != nil {
				return err
			}
			one := f.finding()
			one.Members, one.Whole = nil, true // members come on lines of their own
			run.Findings = append(run.Findings, one)
		case "members":
			var m struct {
				Fingerprint string         `json:"fingerprint"`
				Users       []storedMember `json:"users"`
			}
			if err := entra.Decode(line, &m); err != nil {
				return err
			}
			if n := len(run.Findings); n > 0 && run.Findings[n-1].Fingerprint == m.Fingerprint {
				run.Findings[n-1].add(m.Users)
			}
		case "end":
			ended = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !ended {
		return nil, errors.New("the run is cut off: its last line is not there")
	}
	return run.done(checks)
}

func (d *storedRun) run() *Run {
	r := &Run{
		Tool: audit.Tool(d.Tool), Tenant: d.Tenant, TakenAt: d.Snapshot.TakenAt, Digest: d.Snapshot.Digest, Settings: d.Settings.Digest,
		People: d.Summary.Users, Accounts: d.Summary.Accounts,
	}
	if d.Snapshot.Scope.Narrowed() {
		r.Scope = d.Snapshot.Scope
	}
	return r
}

func (f *storedFinding) finding() Finding {
	one := Finding{
		Check: f.Check, Severity: f.Severity, Fingerprint: f.Fingerprint, Message: f.Message,
		Subject:   audit.Subject{Type: audit.SubjectType(f.Subject.Type), ID: f.Subject.ID, Name: f.Subject.Name},
		Tentative: f.Tentative, Accepted: f.Accepted, Affected: f.Affected.Count, Whole: !f.Affected.Truncated,
	}
	one.add(f.Affected.Users)
	for _, e := range f.Evidence {
		if e.Object != "" {
			one.Objects = append(one.Objects, Object{e.Section, e.Object})
		}
	}
	return one
}

func (f *Finding) add(users []storedMember) {
	for _, u := range users {
		f.Members = append(f.Members, audit.Member(u))
	}
}

// done completes a run from its checks, and refuses one that cannot be compared.
func (r *Run) done(checks []storedCheck) (*Stored, error) {
	slugs := map[string]string{}
	for _, c := range checks {
		r.Checks = append(r.Checks, Check(c))
		slugs[c.ID] = c.Slug
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Fingerprint == "" || f.Check == "" {
			return nil, fmt.Errorf("finding %d has no fingerprint", i+1)
		}
		f.Slug = slugs[f.Check]
	}
	if r.Tenant.ID == "" || r.TakenAt == "" {
		return nil, errors.New("the run does not say of which tenant and time it is")
	}
	return &Stored{Run: r}, nil
}
