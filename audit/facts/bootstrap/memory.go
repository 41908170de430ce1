package bootstrap

import (
	"fmt"
	"slices"
	"sync"
)

// memory is what an engine remembers of the person it looked at last: answers that do
// not depend on everything about an attempt. It is forgotten with the person, and with
// what is taken to have changed.
type memory struct {
	of        *person
	change    int // which change, by engine.changes
	own       []ownModes
	answers   map[credentialKey]credentialAnswer
	refusals  map[refusalKey][]obstacle
	applying  map[applyingKey]applying
	positions []int // of policies; applying has parts of it
	lists     []listAnswers
}

// answer is whether something lets an attempt through.
type answer uint8

const (
	unasked answer = iota
	open
	shut
)

func answered(is bool) answer {
	if is {
		return open
	}
	return shut
}

// listAnswers is what is known of a list of attempts, gaps settled in one way.
type listAnswers struct {
	list     *tryList
	r        resolution
	approach []answer // apart from policies
	refusal  []answer // of policies: by group, place, and whether the risk was dismissed
}

// answersOn is what is known of a list.
func (m *memory) answersOn(list *tryList, r resolution, places int) *listAnswers {
	for i := range m.lists {
		if m.lists[i].list == list && m.lists[i].r == r {
			return &m.lists[i]
		}
	}
	n := len(m.lists)
	if n < cap(m.lists) {
		m.lists = m.lists[:n+1] // with room from a list that is forgotten
	} else {
		m.lists = append(m.lists, listAnswers{})
	}
	a := &m.lists[n]
	a.list, a.r = list, r
	a.approach, a.refusal = cleared(a.approach, len(list.approaches)), cleared(a.refusal, 2*places*list.groups)
	return a
}

func cleared(list []answer, n int) []answer {
	list = slices.Grow(list[:0], n)[:n]
	clear(list)
	return list
}

// ownModes are what the person can do, with gaps settled.
type ownModes struct {
	r      resolution
	modes  modes
	usable bool // a registered passkey
}

// memoryOf is what is remembered of a person. What holds with nothing changed is kept
// while changes are tried.
func (e *engine) memoryOf(p *person) *memory {
	m := &e.unchanged
	if len(e.change) > 0 {
		m = &e.altered
	}
	if m.of != p || len(e.change) > 0 && m.change != e.changes {
		m.forget()
		m.of, m.change = p, e.changes
	}
	return m
}

func (m *memory) forget() {
	if m.answers == nil {
		m.answers, m.refusals, m.applying = map[credentialKey]credentialAnswer{}, map[refusalKey][]obstacle{}, map[applyingKey]applying{}
	}
	clear(m.answers)
	clear(m.refusals)
	clear(m.applying)
	m.own, m.positions, m.lists = m.own[:0], m.positions[:0], m.lists[:0]
}

// own is what a person can do, with gaps settled.
func (e *engine) own(p *person, r resolution) ownModes {
	m := e.memoryOf(p)
	for _, known := range m.own {
		if known.r == r {
			return known
		}
	}
	o := ownModes{r, p.modes(r), e.someUsable(p, r)}
	m.own = append(m.own, o)
	return o
}

// tries remembers lists of attempts. Engines of models that list alike share one.
type tries struct {
	mu    sync.RWMutex
	lists map[attemptKey]*tryList
}

func (t *tries) get(k attemptKey, list func() *tryList) *tryList {
	t.mu.RLock()
	known, found := t.lists[k]
	t.mu.RUnlock()
	if found {
		return known
	}
	fresh := list()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lists[k] = fresh
	return fresh
}

// shared is what the models of a tenant share, in all worlds.
type shared struct {
	mu    sync.Mutex
	tries map[string]*tries // by model.lists
}

func (s *shared) triesOf(lists string) *tries {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tries[lists]
	if t == nil {
		t = &tries{lists: map[attemptKey]*tryList{}}
		s.tries[lists] = t
	}
	return t
}

// benches are those of a model that nobody uses at present: what they remember of
// sign-ins serves the next question as well.
type benches struct {
	mu   sync.Mutex
	idle []*bench
}

// bench gives a bench to one goroutine, which puts it back with rest.
func (m *model) bench() *bench {
	m.benches.mu.Lock()
	defer m.benches.mu.Unlock()
	if n := len(m.benches.idle); n > 0 {
		b := m.benches.idle[n-1]
		m.benches.idle = m.benches.idle[:n-1]
		return b
	}
	return newBench(m)
}

func (m *model) rest(b *bench) {
	m.benches.mu.Lock()
	defer m.benches.mu.Unlock()
	m.benches.idle = append(m.benches.idle, b)
}

// lists tells models apart in which people have different things to try.
func (m *model) lists() string {
	return fmt.Sprint(m.places, m.credentials, m.goal, m.risk, m.assumed, m.lanes.EnrolDevice, m.switches.PasswordOnlyBootstrap)
}
