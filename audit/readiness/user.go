package readiness

import (
	"fmt"
	"iter"
	"slices"
	"sync"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// UserSchema is the value of "schema" in every line about an account.
const UserSchema = "passkeyaudit.user/v1"

// User is one account's line.
type User struct {
	Schema            string `json:"schema"`
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	Kind              string `json:"kind"`
	// Counted: it is one of the people that all numbers are of, an enabled account of a
	// person who is no guest.
	Counted bool `json:"counted"`
	// Passkeys is absent where the account's methods were not listed.
	Passkeys *Passkeys `json:"passkeys,omitzero"`
	*Standing
	IfInScope *Standing `json:"ifInScope,omitzero"`
	Recovery  *Recovery `json:"recovery,omitzero"`
	// Platforms are the systems on which the account is in evidence.
	Platforms []OnPlatform `json:"platforms"`
	// Enforcement is where the account stands with each report-only policy that it was seen
	// under.
	Enforcement []OnTrial `json:"enforcement,omitzero"`
}

// OnPlatform is where an account stands on one system.
type OnPlatform struct {
	OS         devices.OS               `json:"os"`
	State      bootstrap.State          `json:"state"`
	Credential bootstrap.CredentialKind `json:"credential,omitzero"`
	// Evidence is the section that shows it best, or userAgent for what only a client said
	// of itself.
	Evidence snapshot.SectionID `json:"evidence"`
}

// Passkeys counts what is registered and what today's policy accepts at sign-in.
type Passkeys struct {
	Registered int `json:"registered"`
	Usable     int `json:"usable"`
}

// Standing is where somebody stands, as JSON.
type Standing struct {
	State      bootstrap.State       `json:"state"`
	Conditions []bootstrap.Condition `json:"conditions"`
	Steps      []bootstrap.Step      `json:"steps"`
	BlockedBy  []bootstrap.Blocker   `json:"blockedBy"`
	Reasons    []bootstrap.Reason    `json:"reasons"`
	Missing    []string              `json:"missing"`
	Confidence bootstrap.Confidence  `json:"confidence"`
	HangsOn    []string              `json:"hangsOn,omitzero"`
	Path       *Path                 `json:"path,omitzero"`
	// Group is the id of the group that the step addToGroup is about.
	Group        string           `json:"group,omitzero"`
	Alternatives []bootstrap.Step `json:"alternatives"`
}

// Path is the cheapest way, as JSON.
type Path struct {
	Credential bootstrap.CredentialKind `json:"credential"`
	Portable   bool                     `json:"portable"`
	Surface    bootstrap.Surface        `json:"surface"`
	Platform   string                   `json:"platform"`
}

// Recovery is where somebody stands who lost every passkey and the phone.
type Recovery struct {
	State     bootstrap.State     `json:"state"`
	Steps     []bootstrap.Step    `json:"steps"`
	BlockedBy []bootstrap.Blocker `json:"blockedBy,omitzero"`
}

func standing(v *bootstrap.Verdict) Standing {
	s := Standing{
		State: v.State, Conditions: list(v.Conditions), Steps: list(v.Steps), BlockedBy: list(v.BlockedBy), Reasons: list(v.Reasons),
		Missing: list(v.Missing), Confidence: v.Confidence, HangsOn: v.HangsOn, Group: v.Group, Alternatives: list(v.Alternatives),
	}
	if v.Path != nil {
		s.Path = &Path{v.Path.Credential, v.Path.Portable, v.Path.Surface, v.Path.Platform}
	}
	return s
}

// list is never nil, so that JSON has [] and not null.
func list[T any](of []T) []T { return append([]T{}, of...) }

// linesPart is how many lines make a part.
const linesPart = 4096

// Lines gives a line for every account, in the order of object ids, in parts that may be
// read at the same time. What is the same for many accounts is one value that their lines
// share, and must not be changed.
func (r *Report) Lines() []iter.Seq[User] {
	of := newLines(r)
	var parts []iter.Seq[User]
	for from := 0; from < r.Directory.All.Count(); from += linesPart {
		parts = append(parts, func(yield func(User) bool) {
			for n := from; n < min(from+linesPart, r.Directory.All.Count()); n++ {
				if !yield(of.user(uint32(n))) {
					return
				}
			}
		})
	}
	return parts
}

// Users yields the lines one after another.
func (r *Report) Users() iter.Seq[User] {
	return func(yield func(User) bool) {
		for _, part := range r.Lines() {
			for u := range part {
				if !yield(u) {
					return
				}
			}
		}
	}
}

// lines has what the lines of accounts share.
type lines struct {
	*Report
	// kinds are positions in kindOrder, by account; others past its end.
	kinds []uint8
	// marks are what else sets tell of an account, so that no line has to look into many.
	marks []mark
	// byClass, inScope and lost are parallel to the classes of the result.
	byClass, inScope []*Standing
	lost             []*Recovery
	// outsiders are standings of accounts in no class by their reasons, abroad those of
	// classes in which the country makes a difference.
	outsiders shared[outsideKey]
	abroad    shared[countryKey]
}

func newLines(r *Report) *lines {
	l := &lines{Report: r, kinds: r.kinds()}
	l.marks = make([]mark, len(l.kinds))
	if r.Result == nil {
		unread := standing(&bootstrap.Verdict{State: bootstrap.Unknown, Missing: []string{r.Missing}, Confidence: bootstrap.Low})
		l.byClass = []*Standing{&unread}
		return l
	}
	for n := range r.Result.Held.Asked.All() {
		l.marks[n] |= asked
	}
	for i, os := range devices.Systems {
		for by, section := range slices.Backward(evidenceOrder[:]) {
			for n := range r.seen[os][section].All() {
				l.marks[n].see(i, by)
			}
		}
	}
	classes := len(r.Result.Classes)
	l.byClass, l.inScope, l.lost = make([]*Standing, classes), make([]*Standing, classes), make([]*Recovery, classes)
	for i := range classes {
		s := standing(&r.Result.Classes[i].Verdict)
		l.byClass[i] = &s
		if after := r.rollout[i]; after != nil {
			s := standing(after)
			l.inScope[i] = &s
		}
		if r.recovery != nil && r.recovery[i] != nil {
			lost := r.recovery[i]
			l.lost[i] = &Recovery{lost.State, list(lost.Steps), lost.BlockedBy}
		}
	}
	return l
}

// mark has a bit for whether the methods of an account were asked for, and three for each
// system, in the order of devices.Systems: one more than the position of the strongest
// evidence in evidenceOrder, or 0.
type mark uint32

const asked mark = 1

func (m *mark) see(system, by int) {
	*m = *m&^(7<<(1+3*system)) | mark(by+1)<<(1+3*system)
}

// seenBy is what shows the account on a system best; empty where nothing does.
func (m mark) seenBy(system int) snapshot.SectionID {
	if by := m >> (1 + 3*system) & 7; by > 0 {
		return evidenceOrder[by-1]
	}
	return ""
}

func (l *lines) user(n uint32) User {
	m := l.Directory.Member(n)
	u := User{Schema: UserSchema, ID: m.ID, UserPrincipalName: m.UserPrincipalName, Kind: kindAt(l.kinds[n]), Counted: l.Directory.People.Has(n), Platforms: []OnPlatform{}}
	if l.Result == nil {
		u.Standing = l.byClass[0]
		if v, beyond := bootstrap.Beyond(l.Directory, n); beyond {
			u.Standing = l.outside(&v)
		}
		return u
	}
	if l.marks[n]&asked != 0 {
		registered, usable := l.Result.CountPasskeys(n)
		u.Passkeys = &Passkeys{registered, usable}
	}
	i := l.Result.Index(n)
	u.Platforms = l.onPlatforms(n, i)
	for _, t := range l.onTrials {
		if one := t.of[n]; one != nil {
			u.Enforcement = append(u.Enforcement, *one)
		}
	}
	if i < 0 {
		v := l.Result.Of(n)
		u.Standing = l.outside(&v)
		return u
	}
	country := l.Directory.Country(n)
	v, after := &l.Result.Classes[i].Verdict, l.rollout[i]
	u.Standing = l.at(v, l.byClass[i], country)
	if after != nil {
		u.IfInScope = l.at(after, l.inScope[i], country)
		if v.State == bootstrap.OutOfScope && l.headline.Has(n) {
			u.Standing = l.inScope[i]
		}
	}
	u.Recovery = l.lost[i]
	return u
}

// shared are values that many lines have.
type shared[K comparable] struct {
	mu sync.RWMutex
	of map[K]*Standing
}

// get is the value of a key, made at the first call.
func (s *shared[K]) get(key K, standing func() Standing) *Standing {
	s.mu.RLock()
	known := s.of[key]
	s.mu.RUnlock()
	if known != nil {
		return known
	}
	fresh := standing()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[K]*Standing{}
	}
	if s.of[key] == nil {
		s.of[key] = &fresh
	}
	return s.of[key]
}

// outside is the standing of an account in no class.
func (l *lines) outside(v *bootstrap.Verdict) *Standing {
	key := outsideKey{state: v.State}
	if len(v.Reasons) > 0 {
		key.reason = v.Reasons[0]
	}
	if len(v.Reasons) > 1 {
		key.others = fmt.Sprint(v.Reasons[1:])
	}
	return l.outsiders.get(key, func() Standing { return standing(v) })
}

type outsideKey struct {
	state  bootstrap.State
	reason bootstrap.Reason
	others string
}

// at is the standing of somebody in a country, given that of the class.
func (l *lines) at(v *bootstrap.Verdict, class *Standing, country string) *Standing {
	if !v.NamesCountry(country) {
		return class
	}
	return l.abroad.get(countryKey{v, country}, func() Standing {
		there := v.At(country)
		return standing(&there)
	})
}

type countryKey struct {
	of      *bootstrap.Verdict
	country string
}

// onPlatforms lists the systems of an account in a class. Accounts out of scope of the
// method are out of scope on all of them.
func (l *lines) onPlatforms(n uint32, class int) []OnPlatform {
	list := []OnPlatform{}
	for i, os := range devices.Systems {
		by := l.marks[n].seenBy(i)
		if by == "" {
			continue
		}
		p := OnPlatform{OS: os, State: bootstrap.OutOfScope, Evidence: by}
		if class >= 0 && l.perSystem != nil {
			for _, v := range l.perSystem[class] {
				if v.OS == os {
					p.State, p.Credential = v.State, v.Credential
				}
			}
		}
		list = append(list, p)
	}
	return list
}

var kindOrder = []population.Kind{population.Person, population.Shared, population.Service, population.Sync, population.Emergency}

// kinds says of every account what it stands for, by the position in kindOrder.
func (r *Report) kinds() []uint8 {
	list := make([]uint8, r.Directory.All.Count())
	for i := range list {
		list[i] = uint8(len(kindOrder))
	}
	for i, kind := range slices.Backward(kindOrder) {
		for n := range r.Directory.OfKind(kind).All() {
			list[n] = uint8(i)
		}
	}
	return list
}

func kindAt(position uint8) string {
	if int(position) < len(kindOrder) {
		return string(kindOrder[position])
	}
	return "unknown"
}
