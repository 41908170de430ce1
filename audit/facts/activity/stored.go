package activity

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// stored is the events of a log in a form that takes little memory: what many of them
// share, such as apps and the policies that refused, is kept once.
type stored struct {
	events   map[kept][]storedEvent // sorted, the newest first
	targets  []storedTarget
	targetAt map[storedTarget]uint32
	refusing [][]Refusal // the first is none
	refusal  map[string]uint32
	ips      map[string]string
}

// storedTarget is what a sign-in was to.
type storedTarget struct{ appID, app, resourceID, resource string }

type storedEvent struct {
	row       string
	ip        string
	at        int64 // Unix time in nanoseconds; untold where there is none
	code      int32
	target    uint32
	refusing  uint32
	place     uint16
	recovered bool
}

// untold stands for no time.
const untold = math.MinInt64

func newStored() stored {
	return stored{
		events: map[kept][]storedEvent{}, targetAt: map[storedTarget]uint32{}, refusing: [][]Refusal{nil}, refusal: map[string]uint32{"": 0},
		ips: map[string]string{},
	}
}

// keep adds an event to the newest of its account and class.
func (s *stored) keep(k kept, e *Event, place uint16) {
	list := s.events[k]
	v := storedEvent{row: e.Row, at: stampOf(e.At)}
	at, _ := slices.BinarySearchFunc(list, v, newestFirst)
	if at == MostEvents {
		return
	}
	v.ip, v.code, v.place, v.recovered = s.shared(e.IP), int32(e.Code), place, e.Recovered
	v.target, v.refusing = s.targetOf(e), s.refusingOf(e.Refusing)
	if len(list) == MostEvents {
		list = list[:MostEvents-1]
	}
	s.events[k] = slices.Insert(list, at, v)
}

func newestFirst(a, b storedEvent) int {
	return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.row, b.row))
}

// mostShared bounds how many addresses are looked up to be kept once.
const mostShared = 1 << 16

func (s *stored) shared(ip string) string {
	if old, known := s.ips[ip]; known {
		return old
	}
	if len(s.ips) < mostShared {
		s.ips[ip] = ip
	}
	return ip
}

func (s *stored) targetOf(e *Event) uint32 {
	t := storedTarget{e.AppID, e.App, e.ResourceID, e.Resource}
	at, known := s.targetAt[t]
	if !known {
		at = uint32(len(s.targets))
		s.targets = append(s.targets, t)
		s.targetAt[t] = at
	}
	return at
}

func (s *stored) refusingOf(list []Refusal) uint32 {
	var key strings.Builder
	for _, r := range list {
		key.WriteString(r.ID + "\x00" + r.Name + "\x00")
		key.WriteRune(rune(r.Index))
	}
	at, known := s.refusal[key.String()]
	if !known {
		at = uint32(len(s.refusing))
		s.refusing = append(s.refusing, list)
		s.refusal[key.String()] = at
	}
	return at
}

// event is a stored event as it was.
func (s *stored) event(k kept, v *storedEvent, places []Place) Event {
	t := s.targets[v.target]
	return Event{
		Row: v.row, At: timeAt(v.at), Account: k.account, Class: k.class, Code: int(v.code), Recovered: v.recovered,
		AppID: t.appID, App: t.app, ResourceID: t.resourceID, Resource: t.resource, Place: places[v.place], IP: v.ip, Refusing: s.refusing[v.refusing],
	}
}

func stampOf(t time.Time) int64 {
	if t.IsZero() {
		return untold
	}
	return t.UnixNano()
}

func timeAt(stamp int64) time.Time {
	if stamp == untold {
		return time.Time{}
	}
	return time.Unix(0, stamp).UTC()
}
