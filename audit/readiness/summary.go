package readiness

import (
	"context"
	"iter"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
)

// Schema is the value of "schema" in the summary.
const Schema = "passkeyaudit.readiness/v1"

// Summary is a tenant's readiness in numbers. All counts are of people, except
// Accounts.
type Summary struct {
	World string         `json:"world"`
	Goal  bootstrap.Goal `json:"goal"`
	// Rollout says to whom the states suppose a roll-out: "all", or "group:ID" and more
	// after commas; empty for nobody.
	Rollout  string                  `json:"rollout,omitzero"`
	People   int                     `json:"people"`
	Accounts int                     `json:"accounts"`
	States   map[bootstrap.State]int `json:"states"`
	// WithConditions counts those of self-service whose way takes something for
	// granted, Conditions by what it is.
	WithConditions int                          `json:"withConditions"`
	Conditions     map[bootstrap.Condition]int  `json:"conditions"`
	Steps          map[bootstrap.Step]int       `json:"steps"`
	Reasons        map[bootstrap.Reason]int     `json:"reasons"`
	Missing        map[string]int               `json:"missing"`
	Confidence     map[bootstrap.Confidence]int `json:"confidence"`
	Personas       []Persona                    `json:"personas"`
	Waves          []Wave                       `json:"waves"`
	Changes        []Change                     `json:"changes"`
	Platforms      []Platform                   `json:"platforms"`
	Enforcement    []Enforcement                `json:"enforcement"`
	// Kinds counts enabled accounts that are not people.
	Kinds       map[string]int `json:"kinds"`
	Assumptions []string       `json:"assumptions"`
}

// Persona is where somebody the tenant will meet would stand, under the policies of
// so many people.
type Persona struct {
	Persona bootstrap.Persona `json:"persona"`
	People  int               `json:"people"`
	Standing
}

// Wave is people who can go at the same time.
type Wave struct {
	Wave   string `json:"wave"`
	People int    `json:"people"`
	Needs  string `json:"needs"`
	// Changes are the one change of policy that frees most of them, and the two that
	// together free more.
	Changes []Change `json:"changes,omitzero"`
}

// Change is a change of policy with what it does.
type Change struct {
	Change  string              `json:"change"`
	Objects []bootstrap.Blocker `json:"objects"`
	Frees   int                 `json:"frees"`
	Worsens int                 `json:"worsens"`
}

// Platform is where the people with a device of a system stand.
type Platform struct {
	OS     devices.OS              `json:"os"`
	People int                     `json:"people"`
	States map[bootstrap.State]int `json:"states"`
}

// Summarise counts.
func (r *Report) Summarise(ctx context.Context) (*Summary, error) {
	s := &Summary{
		World: r.Options.World.Name, Goal: r.goal(), Rollout: r.Options.rolloutText(),
		People: r.Directory.People.Count(), Accounts: r.Directory.All.Count(),
		States: map[bootstrap.State]int{}, Conditions: map[bootstrap.Condition]int{}, Steps: map[bootstrap.Step]int{},
		Reasons: map[bootstrap.Reason]int{}, Missing: map[string]int{}, Confidence: map[bootstrap.Confidence]int{},
		Personas: []Persona{}, Changes: []Change{}, Platforms: []Platform{}, Enforcement: []Enforcement{}, Kinds: map[string]int{}, Assumptions: r.assumptions(),
	}
	for _, state := range bootstrap.States {
		s.States[state] = 0
	}
	for _, kind := range kindOrder[1:] {
		if n := r.Directory.OfKind(kind).And(r.Directory.Enabled).Count(); n > 0 {
			s.Kinds[string(kind)] = n
		}
	}
	if r.Result == nil {
		s.States[bootstrap.Unknown], s.Missing[r.Missing] = s.People, s.People
		s.Waves = waves(s)
		return s, nil
	}
	for v, people := range r.standings() {
		s.count(v, people.Count())
	}
	s.Platforms = r.platforms()
	for _, t := range r.onTrials {
		s.Enforcement = append(s.Enforcement, t.summary)
	}
	personas, err := r.Result.Personas(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range personas {
		s.Personas = append(s.Personas, Persona{p.Persona, p.Under.Count(), standing(&p.Verdict)})
	}
	changes, err := r.Result.Changes(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if n := c.Freed.Count(); n > 0 {
			s.Changes = append(s.Changes, Change{r.ChangeText(c.Objects), c.Objects, n, c.Worsened.Count()})
		}
	}
	s.Waves = waves(s)
	for i := range s.Waves {
		if s.Waves[i].Wave == WavePolicy {
			if s.Waves[i].Changes, err = r.best(ctx, s.Changes); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// standings yields every verdict that is a headline with the people it is about.
func (r *Report) standings() iter.Seq2[*bootstrap.Verdict, audit.Set] {
	return func(yield func(*bootstrap.Verdict, audit.Set) bool) {
		for i := range r.Result.Classes {
			c := &r.Result.Classes[i]
			people := c.People
			if v := r.rollout[i]; v != nil && !r.headline.Empty() {
				if !yield(v, people.And(r.headline)) {
					return
				}
				people = people.Minus(r.headline)
			}
			if !yield(&c.Verdict, people) {
				return
			}
		}
	}
}

// People are the people of a state, as the summary counts them.
func (r *Report) People(state bootstrap.State) audit.Set {
	var set audit.Set
	if r.Result == nil {
		if state == bootstrap.Unknown {
			return r.Directory.People
		}
		return set
	}
	for v, people := range r.standings() {
		if v.State == state {
			set = set.Or(people)
		}
	}
	return set
}

// Blocks counts, by object, the trapped people in whose way it stands, alone or with
// others.
func (r *Report) Blocks() map[bootstrap.Blocker]int {
	blocks := map[bootstrap.Blocker]int{}
	if r.Result == nil {
		return blocks
	}
	for v, people := range r.standings() {
		for _, b := range v.BlockedBy {
			blocks[b] += people.Count()
		}
	}
	return blocks
}

func (s *Summary) count(v *bootstrap.Verdict, people int) {
	if people == 0 {
		return
	}
	s.States[v.State] += people
	s.Confidence[v.Confidence] += people
	for _, c := range v.Conditions {
		s.Conditions[c] += people
	}
	for _, step := range v.Steps {
		s.Steps[step] += people
	}
	for _, reason := range v.Reasons {
		s.Reasons[reason] += people
	}
	for _, m := range v.Missing {
		s.Missing[m] += people
	}
	if v.State == bootstrap.SelfService && len(v.Conditions) > 0 {
		s.WithConditions += people
	}
}

// waves orders people by what has to happen before they can go.
func waves(s *Summary) []Wave {
	conditions := s.WithConditions
	return []Wave{
		{WaveDone, s.States[bootstrap.HasPasskey], "nothing: they have a passkey that works", nil},
		{WaveNow, s.States[bootstrap.SelfService] - conditions, "an invitation", nil},
		{WaveDevice, conditions, "something to keep the passkey in, or to be somewhere", nil},
		{WaveAdmin, s.States[bootstrap.NeedsAdminStep], "a step of an administrator, such as a pass", nil},
		{WavePolicy, s.States[bootstrap.Trapped], "a change of policy", nil},
		{WaveScope, s.States[bootstrap.OutOfScope], "to be in scope of the method", nil},
		{WaveUnread, s.States[bootstrap.Unknown], "what was not read", nil},
	}
}

func (r *Report) platforms() []Platform {
	list := []Platform{}
	for _, os := range devices.Systems {
		p := Platform{OS: os, States: map[bootstrap.State]int{}}
		people := r.Result.Owned().Of[os].And(r.Directory.People)
		if p.People = people.Count(); p.People == 0 {
			continue
		}
		for i := range r.Result.Classes {
			if n := r.Result.Classes[i].Members.And(people).Count(); n > 0 {
				p.States[r.Result.Classes[i].Verdict.State] += n
			}
		}
		list = append(list, p)
	}
	return list
}

func (o *Options) rolloutText() string {
	if o.Rollout {
		return "all"
	}
	words := make([]string, len(o.RolloutGroups))
	for i, id := range o.RolloutGroups {
		words[i] = "group:" + id
	}
	return strings.Join(words, ",")
}

func (r *Report) goal() bootstrap.Goal {
	if r.Options.Goal == "" {
		return bootstrap.AnyGoal
	}
	return r.Options.Goal
}

// assumptions name what is taken for granted because Graph does not show it, or
// because it was asked for.
func (r *Report) assumptions() []string {
	list := []string{}
	if r.Result != nil {
		list = append(list, r.Result.Policies.Assumptions()...)
	}
	for _, c := range r.Options.Assume {
		list = append(list, string(c)+": everybody")
	}
	return list
}
