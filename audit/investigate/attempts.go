package investigate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/snapshot"
)

// Attempt is one sign-in: all rows that share a correlation id.
type Attempt struct {
	At            time.Time // of the row that tells most
	Row           string
	CorrelationID string
	Class         activity.Class
	Code          int
	Meaning       string // of the code; empty where it is not known
	App, Resource string
	Registering   bool // it was at a resource where passkeys are registered
	Place         activity.Place
	// MadeGood: a later sign-in of its kind succeeded, or what it was for was registered.
	MadeGood bool
	// Policies are those that were not met, with why each applied. Told is false where
	// Graph did not say what policies did.
	Policies []Applied
	Told     bool
	Evidence []audit.Evidence

	atRaw entra.Raw // createdDateTime as the row has it
}

// Applied is a policy that an attempt did not meet.
type Applied struct {
	ID, Name string
	// Because says by which conditions it applied, as the engine reads the policy of
	// today; empty for one that is not in the snapshot.
	Because []string
	Demands []string
	// Gone: the policy is not in the snapshot any more.
	Gone     bool
	Evidence audit.Evidence
}

func (at *Attempt) when() string { return at.At.Format("2006-01-02 15:04") }

// place says from where an attempt was made.
func (at *Attempt) place() string {
	var parts []string
	if at.Place.OS != "" {
		parts = append(parts, at.Place.OS.String())
	}
	switch {
	case at.Place.Browser != "":
		parts = append(parts, at.Place.Browser)
	case at.Place.Client == activity.BrowserClient:
		parts = append(parts, "a browser")
	case at.App != "":
		parts = append(parts, "the app "+at.App)
	}
	return strings.Join(parts, ", ")
}

// leg is a row of the log with its text.
type leg struct {
	row   *entra.SignIn
	raw   entra.Raw
	class activity.Class
	code  int
	at    time.Time
}

// signIns reads the account's sign-ins.
func (r *reader) signIns(ctx context.Context) error {
	if !r.Status(snapshot.SignIns).State.HasRows() {
		return nil
	}
	rows, err := audit.QuotedObjects[entra.SignIn](ctx, r.Pass, snapshot.SignIns)
	if err != nil {
		return err
	}
	w := windowOf(r.Status(snapshot.SignIns))
	r.d.SignIns = &w
	byID := map[string][]leg{}
	var order []string
	id := r.dir.Member(r.n).ID
	for i := range rows {
		s := &rows[i].Value
		if !strings.EqualFold(s.UserID, id) {
			continue
		}
		w.Rows++
		l := leg{row: s, raw: rows[i].Raw}
		l.class, l.code = r.d.known.classOf(s)
		l.at, _ = entra.ParseTime(s.CreatedDateTime) // zero where it is not told
		key := cmp.Or(s.CorrelationID, "row "+s.ID)
		if byID[key] == nil {
			order = append(order, key)
		}
		byID[key] = append(byID[key], l)
	}
	for _, key := range order {
		at := r.attempt(byID[key])
		if at.Class == activity.Succeeded {
			r.d.Successes = append(r.d.Successes, at)
		} else {
			r.d.Attempts = append(r.d.Attempts, at)
		}
	}
	for _, list := range [][]Attempt{r.d.Attempts, r.d.Successes} {
		slices.SortStableFunc(list, func(a, b Attempt) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Row, b.Row)) })
	}
	return nil
}

func windowOf(s snapshot.Status) activity.Window {
	var w activity.Window
	if s.Entry != nil {
		w.From, _ = entra.ParseTime(s.Entry.From)
		w.To, _ = entra.ParseTime(s.Entry.To)
	}
	return w
}

// attempt folds the rows of one sign-in. A success that no failure follows makes it one;
// of failures the one that says most about passkeys counts.
func (r *reader) attempt(legs []leg) Attempt {
	slices.SortStableFunc(legs, func(a, b leg) int { return a.at.Compare(b.at) })
	last, most := legs[len(legs)-1], legs[0]
	for _, l := range legs[1:] {
		if l.class.MoreThan(most.class) || l.class == most.class {
			most = l
		}
	}
	if last.class == activity.Succeeded {
		most = last
	}
	s := most.row
	at := Attempt{
		At: most.at, Row: s.ID, CorrelationID: s.CorrelationID, Class: most.class, Code: most.code, App: s.AppDisplayName, Resource: s.ResourceDisplayName,
		Registering: activity.RegistersAt(s.ResourceID) || most.class == activity.RegistrationRefused, Place: activity.PlaceOf(s),
	}
	at.atRaw, _ = entra.Lookup(most.raw, "/createdDateTime")
	if e := r.d.known.errorOf(most.code); e != nil {
		at.Meaning = e.Meaning
	}
	if most.class == activity.Succeeded {
		return at
	}
	at.Evidence = []audit.Evidence{audit.Quote(snapshot.SignIns, s.ID, most.raw, "/status/errorCode", meaningOf(at.Code, at.Meaning))}
	r.applied(&at, s, most.raw)
	return at
}

func meaningOf(code int, meaning string) string {
	if meaning == "" {
		return fmt.Sprintf("the code %d, which is not in the catalogue", code)
	}
	return strings.TrimSuffix(meaning, ".")
}

// applied lists the policies that a row was not met by, and why each applied: by its
// own conditions, as the engine decides the recorded sign-in anew.
func (r *reader) applied(at *Attempt, s *entra.SignIn, raw entra.Raw) {
	if s.AppliedConditionalAccessPolicies == nil {
		return
	}
	at.Told = true
	in := replay.SignIn(s)
	decision := r.policies.Evaluate(&in, r.policies.Users(r.n))
	for i, entry := range *s.AppliedConditionalAccessPolicies {
		if !strings.EqualFold(entry.Result, "failure") {
			continue
		}
		a := Applied{ID: entry.ID, Name: entry.DisplayName, Gone: true, Demands: slices.Clone(entry.EnforcedGrantControls),
			Evidence: audit.Quote(snapshot.SignIns, s.ID, raw, entra.Pointer("appliedConditionalAccessPolicies", i, "result"), "the policy "+entry.DisplayName+" was not met")}
		for j := range decision.Policies {
			t := &decision.Policies[j]
			if !strings.EqualFold(t.Policy.ID, entry.ID) {
				continue
			}
			a.Gone, a.Name = false, cmp.Or(t.Policy.Name, a.Name)
			for _, c := range t.Matched() {
				text := c.String()
				if via := r.policies.Via(j, r.n); c.String() == "users" && len(via) > 0 {
					text += " via " + enumerate(via, "and")
				} else if has := in.Says(c); has != "" {
					text += " " + has
				}
				a.Because = append(a.Because, text)
			}
			if len(t.Unmet) > 0 {
				a.Demands = nil
				for _, control := range t.Unmet {
					a.Demands = append(a.Demands, r.policies.Label(control))
				}
			}
		}
		at.Policies = append(at.Policies, a)
	}
}

// settleAttempts tells which failures were made good later: those of registering by a
// registration or a success where passkeys are registered, others by any later sign-in.
func (d *Dossier) settleAttempts() {
	for i := range d.Attempts {
		at := &d.Attempts[i]
		for _, s := range d.Successes {
			if s.At.After(at.At) && (!at.Registering || s.Registering) {
				at.MadeGood = true
			}
		}
		for _, c := range d.Changes {
			if at.Registering && c.IsPasskey(activity.Registered) && c.At.After(at.At) {
				at.MadeGood = true
			}
		}
	}
}

// openAttempt is the newest failed attempt of the last 14 days that tells a stage and
// was not made good; nil if there is none.
func (d *Dossier) openAttempt() *Attempt {
	for i := range d.Attempts {
		at := &d.Attempts[i]
		if at.stage() != "" && !at.MadeGood && !at.At.IsZero() && d.TakenAt.Sub(at.At) <= recent {
			return at
		}
	}
	return nil
}

// around is how far from the time that people tell an attempt may be.
const around = 15 * time.Minute

// attemptMeant is the attempt that answers name, by its correlation id or its time; nil
// if none is named or the log has none such.
func (d *Dossier) attemptMeant(a *Answers) *Attempt {
	if a.CorrelationID != "" {
		for i := range d.Attempts {
			if strings.EqualFold(d.Attempts[i].CorrelationID, a.CorrelationID) || strings.EqualFold(d.Attempts[i].Row, a.CorrelationID) {
				return &d.Attempts[i]
			}
		}
		return nil
	}
	from, to, told := a.span()
	if !told {
		return nil
	}
	for i := range d.Attempts {
		if at := d.Attempts[i].At; !at.Before(from) && at.Before(to) && d.Attempts[i].stage() != "" {
			return &d.Attempts[i]
		}
	}
	return nil
}

// span is the time at which people say that it happened.
func (a *Answers) span() (from, to time.Time, told bool) {
	at, err := ParseTime(a.At)
	if a.At == "" || err != nil {
		return from, to, false
	}
	if len(strings.TrimSpace(a.At)) == len(time.DateOnly) {
		return at, at.Add(24 * time.Hour), true
	}
	return at.Add(-around), at.Add(around), true
}

// seenOn are the systems from which the account signed in with success.
func (d *Dossier) seenOn(os devices.OS) bool {
	return slices.ContainsFunc(d.Successes, func(at Attempt) bool { return at.Place.OS == os })
}
