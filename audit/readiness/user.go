package readiness

import (
	"iter"

	"passkeyaudit/audit"
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
	Standing
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

// Users yields a line for every account, in the order of object ids.
func (r *Report) Users() iter.Seq[User] {
	return func(yield func(User) bool) {
		kinds := r.kinds()
		for n := range r.Directory.All.All() {
			m := r.Directory.Member(n)
			u := User{Schema: UserSchema, ID: m.ID, UserPrincipalName: m.UserPrincipalName, Kind: kinds.of(n), Counted: r.Directory.People.Has(n)}
			r.fill(&u, n)
			if !yield(u) {
				return
			}
		}
	}
}

func (r *Report) fill(u *User, n uint32) {
	if r.Result == nil {
		u.Platforms = []OnPlatform{}
		u.Standing = standing(&bootstrap.Verdict{State: bootstrap.Unknown, Missing: []string{r.Missing}, Confidence: bootstrap.Low})
		return
	}
	u.Platforms = r.onPlatforms(n)
	for _, t := range r.onTrials {
		if one := t.of[n]; one != nil {
			u.Enforcement = append(u.Enforcement, *one)
		}
	}
	v := r.verdict(n)
	u.Standing = standing(&v)
	if r.Result.Held.Asked.Has(n) {
		registered, usable := r.Result.CountPasskeys(n)
		u.Passkeys = &Passkeys{registered, usable}
	}
	i := r.Result.Index(n)
	if i < 0 {
		return
	}
	if after := r.rollout[i]; after != nil {
		at := after.At(r.Directory.Country(n))
		s := standing(&at)
		u.IfInScope = &s
	}
	if r.recovery != nil && r.recovery[i] != nil {
		lost := r.recovery[i]
		u.Recovery = &Recovery{lost.State, list(lost.Steps), lost.BlockedBy}
	}
}

// onPlatforms lists the systems of an account. Accounts out of scope of the method
// are out of scope on all of them.
func (r *Report) onPlatforms(n uint32) []OnPlatform {
	list := []OnPlatform{}
	verdicts := map[devices.OS]bootstrap.PlatformVerdict{}
	if i := r.Result.Index(n); i >= 0 && r.perSystem != nil {
		for _, v := range r.perSystem[i] {
			verdicts[v.OS] = v
		}
	}
	for _, os := range devices.Systems {
		by := r.seen.strongest(os, n)
		if by == "" {
			continue
		}
		p := OnPlatform{OS: os, State: bootstrap.OutOfScope, Evidence: by}
		if v, judged := verdicts[os]; judged {
			p.State, p.Credential = v.State, v.Credential
		}
		list = append(list, p)
	}
	return list
}

// kinds tells of every account what it stands for.
type kinds struct {
	dir  *population.Directory
	sets []audit.Set
}

var kindOrder = []population.Kind{population.Person, population.Shared, population.Service, population.Sync, population.Emergency}

func (r *Report) kinds() *kinds {
	k := &kinds{dir: r.Directory}
	for _, kind := range kindOrder {
		k.sets = append(k.sets, r.Directory.OfKind(kind))
	}
	return k
}

func (k *kinds) of(n uint32) string {
	for i, set := range k.sets {
		if set.Has(n) {
			return string(kindOrder[i])
		}
	}
	return "unknown"
}
