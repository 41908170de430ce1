package activity

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// SignIns is the fact that takes the sign-in log together.
var SignIns = &audit.Fact[*SignInLog]{
	Name: "activity.SignIns",
	Doc:  "who signed in from which systems, browsers and apps, and what stopped people, in the window of the sign-in log",
	// A check that needs the log declares it, and what missing rows could do to it.
	Reads:  []audit.Read{{Section: snapshot.SignIns, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: deriveSignIns,
}

// Platforms is the fact that gives the accounts that signed in with success from a
// system. Not to be in a set proves nothing.
var Platforms = &audit.Fact[map[devices.OS]audit.Set]{
	Name:  "activity.Platforms",
	Doc:   "from which systems each account signed in with success",
	Facts: []audit.AnyFact{SignIns},
	Derive: func(ctx context.Context, p *audit.Pass) (map[devices.OS]audit.Set, error) {
		log, err := audit.Get(ctx, p, SignIns)
		if err != nil {
			return nil, err
		}
		return log.Platforms(), nil
	},
}

// Bounds of what is kept of a log, however long it is.
const (
	// MostEvents is how many single sign-ins of one account and class are kept, the
	// newest. All are counted.
	MostEvents = 5
	// mostPlaces bounds how many places are told apart. Beyond them apps and versions
	// are not.
	mostPlaces = 1 << 14
	// mostOpen is how many sign-ins wait for further legs. Legs of one sign-in are
	// minutes apart: they lie within so many in any order in which logs are written.
	mostOpen = 1 << 15
)

// SignInLog is the sign-in log, folded. Legs that share a correlation id and a user
// are one sign-in; what is counted are sign-ins, not rows.
type SignInLog struct {
	Window Window
	// Strangers counts rows of accounts that are not in the directory.
	Strangers int
	// Classes counts rows by how they ended, those of strangers too: each row is in one.
	Classes map[Class]int
	// UnknownCodes counts rows by error codes that are not in the catalogue.
	UnknownCodes map[int]int
	// Uncoded counts rows without an error code.
	Uncoded int

	// MethodsTold is how many rows name the methods of the sign-in, which only beta of
	// Graph does.
	MethodsTold int

	places []Place
	counts map[tally]uint32
	stored
	phones map[uint32][]Phone
	using  map[uint32]Using
}

// tally is what sign-ins are counted by.
type tally struct {
	account uint32
	place   uint16
	class   Class
}

// kept is what single sign-ins are kept by.
type kept struct {
	account uint32
	class   Class
}

// Event is one sign-in that did not succeed, or not at once.
type Event struct {
	// Row is the id of the row that tells most about it.
	Row     string
	At      time.Time // of that row; zero where it is not told
	Account uint32
	Class   Class
	Code    int
	// Recovered: a later leg of the same sign-in succeeded.
	Recovered            bool
	AppID, App           string
	ResourceID, Resource string
	Place                Place
	IP                   string
	// Refusing are the policies of which the row says that they were not met.
	Refusing []Refusal
}

// Refusal is a policy that a sign-in did not meet, with its place in the row.
type Refusal struct {
	ID, Name string
	Index    int
}

// Phone is a registered phone that an account signed in from.
type Phone struct {
	DeviceID string // as sign-ins have it, not the object id
	OS       devices.OS
	Last     time.Time
	Row      string
}

// mostPhones is how many phones of one account are kept, the latest.
const mostPhones = 4

// leg is what one row comes to.
type leg struct {
	account     uint32
	known, told bool
	correlation string
	code        int
	at          time.Time
	place       Place
	class       Class
	phone       string // device id
	row         string
	event       *Event // for classes that are kept
	methodsTold bool
	using       Using
}

func deriveSignIns(ctx context.Context, p *audit.Pass) (*SignInLog, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	f := newFolder()
	f.log.Window = windowOf(p, snapshot.SignIns)
	for l, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) leg {
		return func(s *entra.SignIn) leg { return legOf(p.Catalogue(), s, dir) }
	}) {
		if err != nil {
			return nil, err
		}
		f.add(&l)
	}
	return f.finish(), nil
}

func legOf(known *catalogue.Catalogue, s *entra.SignIn, dir *population.Directory) leg {
	l := leg{correlation: s.CorrelationID, at: entra.TimeOf(s.CreatedDateTime), row: s.ID}
	l.class, l.code, l.told = classOf(known, s)
	if l.account, l.known = dir.Ordinal(s.UserID); !l.known {
		return l
	}
	l.place = placeOf(s)
	if d := s.DeviceDetail; l.class == Succeeded && d != nil && d.DeviceID != "" && l.place.OS.Phone() {
		l.phone = strings.ToLower(d.DeviceID)
	}
	if l.class == Succeeded {
		l.using, l.methodsTold = usedOf(s, l.at)
	}
	if !l.class.kept() {
		return l
	}
	l.event = &Event{
		Row: s.ID, At: l.at, Account: l.account, Class: l.class, Code: l.code,
		AppID: s.AppID, App: s.AppDisplayName, ResourceID: s.ResourceID, Resource: s.ResourceDisplayName,
		Place: l.place, IP: s.IPAddress,
	}
	if s.AppliedConditionalAccessPolicies != nil {
		for i, a := range *s.AppliedConditionalAccessPolicies {
			if strings.EqualFold(a.Result, "failure") {
				l.event.Refusing = append(l.event.Refusing, Refusal{a.ID, a.DisplayName, i})
			}
		}
	}
	return l
}

// folder folds legs into a log.
type folder struct {
	log     *SignInLog
	placeAt map[Place]uint16
	// open and older are the sign-ins that may go on. When open is full, older is
	// settled and open takes its place.
	open, older map[signIn]*state
}

// signIn is what legs of one sign-in share.
type signIn struct {
	account     uint32
	correlation string
}

// state is a sign-in as far as it was read.
type state struct {
	any bool
	// class, place, event and at are those of the leg that counts.
	class Class
	place uint16
	event *Event
	at    time.Time

	succeeded      bool
	successAt      time.Time // of the last leg that did
	successfulFrom uint16
}

func newFolder() *folder {
	return &folder{
		log:     &SignInLog{Classes: map[Class]int{}, UnknownCodes: map[int]int{}, counts: map[tally]uint32{}, stored: newStored(), phones: map[uint32][]Phone{}, using: map[uint32]Using{}},
		placeAt: map[Place]uint16{}, open: map[signIn]*state{}, older: map[signIn]*state{},
	}
}

func (f *folder) add(l *leg) {
	f.log.Window.Rows++
	f.log.Window.add(l.at)
	f.log.Classes[l.class]++
	switch {
	case !l.told:
		f.log.Uncoded++
	case l.class == Unclassified:
		f.log.UnknownCodes[l.code]++
	}
	if !l.known {
		f.log.Strangers++
		return
	}
	if l.phone != "" {
		f.phone(l)
	}
	if l.methodsTold {
		f.log.MethodsTold++
		if u := f.log.using[l.account]; l.using != (Using{}) {
			u.add(&l.using)
			f.log.using[l.account] = u
		}
	}
	key := signIn{l.account, l.correlation}
	if l.correlation == "" {
		s := &state{}
		f.join(s, l)
		f.settle(key, s)
		return
	}
	s := f.open[key]
	if s == nil {
		s = f.older[key]
	}
	if s == nil {
		if len(f.open) == mostOpen {
			f.settleAll(f.older)
			f.older, f.open = f.open, map[signIn]*state{}
		}
		s = &state{}
		f.open[key] = s
	}
	f.join(s, l)
}

// join adds a leg to a sign-in.
func (f *folder) join(s *state, l *leg) {
	place := f.place(l.place)
	if l.class == Succeeded && (!s.succeeded || l.at.After(s.successAt)) {
		s.succeeded, s.successAt, s.successfulFrom = true, l.at, place
	}
	if !s.any || s.before(l) {
		s.any, s.class, s.place, s.event, s.at = true, l.class, place, l.event, l.at
	}
}

// before tells whether a leg counts for more than the one that does so far. What
// order the legs come in plays no part.
func (s *state) before(l *leg) bool {
	c := cmp.Or(cmp.Compare(l.class.rank(), s.class.rank()), l.at.Compare(s.at))
	return c > 0 || c == 0 && l.event != nil && s.event != nil && l.row < s.event.Row
}

// settle counts a sign-in to which nothing can come any more.
func (f *folder) settle(key signIn, s *state) {
	recovered := s.class != Succeeded && s.succeeded && (s.class == Unfinished || !s.successAt.Before(s.at))
	if s.succeeded {
		f.log.counts[tally{key.account, s.successfulFrom, Succeeded}]++
	}
	if s.class != Succeeded && !recovered {
		f.log.counts[tally{key.account, s.place, s.class}]++
	}
	if s.event == nil || recovered && s.class == Unfinished {
		return
	}
	s.event.Recovered = recovered
	f.log.keep(kept{key.account, s.class}, s.event, s.place)
}

func (f *folder) settleAll(open map[signIn]*state) {
	for key, s := range open {
		f.settle(key, s)
	}
}

func (f *folder) finish() *SignInLog {
	f.settleAll(f.older)
	f.settleAll(f.open)
	return f.log
}

// place numbers a place. When there are too many, less of it is told apart; systems
// and types of client are few.
func (f *folder) place(p Place) uint16 {
	if at, known := f.placeAt[p]; known {
		return at
	}
	if len(f.log.places) >= mostPlaces {
		p.App, p.Version = "", ""
	}
	if len(f.log.places) >= 2*mostPlaces {
		p.Browser = ""
	}
	at, known := f.placeAt[p]
	if !known {
		at = uint16(len(f.log.places))
		f.log.places = append(f.log.places, p)
		f.placeAt[p] = at
	}
	return at
}

func (f *folder) phone(l *leg) {
	list := f.log.phones[l.account]
	i := slices.IndexFunc(list, func(p Phone) bool { return p.DeviceID == l.phone })
	switch {
	case i >= 0 && (l.at.Before(list[i].Last) || l.at.Equal(list[i].Last) && l.row >= list[i].Row):
		return
	case i >= 0:
		list = slices.Delete(list, i, i+1)
	}
	list = append(list, Phone{l.phone, l.place.OS, l.at, l.row})
	slices.SortFunc(list, func(a, b Phone) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.DeviceID, b.DeviceID)) })
	f.log.phones[l.account] = list[:min(len(list), mostPhones)]
}

// Use is how often an account signed in from a place, and how that ended.
type Use struct {
	Account uint32
	Place   Place
	Class   Class
	Count   int
}

// Uses yields all that was counted, in no order.
func (l *SignInLog) Uses() iter.Seq[Use] {
	return func(yield func(Use) bool) {
		for t, n := range l.counts {
			if !yield(Use{t.account, l.places[t.place], t.class, int(n)}) {
				return
			}
		}
	}
}

// Count is how many sign-ins there are in a class.
func (l *SignInLog) Count(c Class) int {
	n := 0
	for t, count := range l.counts {
		if t.class == c {
			n += int(count)
		}
	}
	return n
}

// Where are the accounts with a sign-in of a class from a place that is one of some.
func (l *SignInLog) Where(class Class, is func(Place) bool) audit.Set {
	in := make([]bool, len(l.places))
	for i, p := range l.places {
		in[i] = is(p)
	}
	var b audit.Builder
	for t := range l.counts {
		if t.class == class && in[t.place] {
			b.Add(t.account)
		}
	}
	return b.Set()
}

// Platforms gives the accounts that signed in with success from each system.
func (l *SignInLog) Platforms() map[devices.OS]audit.Set {
	seen := map[devices.OS]audit.Set{}
	for _, os := range devices.Systems {
		if set := l.Where(Succeeded, func(p Place) bool { return p.OS == os }); !set.Empty() {
			seen[os] = set
		}
	}
	return seen
}

// Events yields the sign-ins of a class that are kept, by account and the newest
// first, those from which people recovered among them.
func (l *SignInLog) Events(class Class) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		keys := slices.DeleteFunc(slices.Collect(maps.Keys(l.events)), func(k kept) bool { return k.class != class })
		slices.SortFunc(keys, func(a, b kept) int { return cmp.Compare(a.account, b.account) })
		for _, k := range keys {
			for i := range l.events[k] {
				if !yield(l.event(k, &l.events[k][i], l.places)) {
					return
				}
			}
		}
	}
}

// Of lists the sign-ins of one account and class that are kept, the newest first.
func (l *SignInLog) Of(account uint32, class Class) []Event {
	k := kept{account, class}
	var list []Event
	for i := range l.events[k] {
		list = append(list, l.event(k, &l.events[k][i], l.places))
	}
	return list
}

// Using is what an account signed in with; zero where the log names no methods.
func (l *SignInLog) Using(account uint32) Using { return l.using[account] }

// Phones lists the registered phones from which an account signed in with success,
// the latest first.
func (l *SignInLog) Phones(account uint32) []Phone { return l.phones[account] }

// QuoteEvents quotes members of the rows of some events.
func QuoteEvents(ctx context.Context, p *audit.Pass, events []Event, quote func(e Event, row audit.KeyedRow) []audit.Evidence) ([]audit.Evidence, error) {
	ids := make([]string, len(events))
	for i, e := range events {
		ids[i] = e.Row
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.SignIns, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for _, e := range events {
		if row, found := rows[e.Row]; found {
			all = append(all, quote(e, row)...)
		}
	}
	return all, nil
}
