package cli_test

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// What the collector does when Graph misbehaves is said here once, in three tables and
// the rules under them: what is read (reads), what can go wrong (troubles), and what
// becomes of the one under the other (outcomeOf). Nothing in them is taken from what
// the program puts out. faults_test.go holds the program against every cell.

// shape is in what manner something is read.
type shape string

const (
	theFirst   shape = "theFirst"   // the request that begins a run: one row, whatever pages follow
	anObject   shape = "anObject"   // a single object
	aListing   shape = "aListing"   // a listing, page by page
	aLog       shape = "aLog"       // a listing of a window of time, newest first
	postedIDs  shape = "postedIDs"  // a POST of up to 1,000 ids
	perGroup   shape = "perGroup"   // a listing for each group
	perAccount shape = "perAccount" // an item of a batch for each account
	aBatch     shape = "aBatch"     // the batch around those
	aPart      shape = "aPart"      // something that is put into a row of the section
	aCount     shape = "aCount"     // a number that is good to know
)

// read is one kind of request.
type read struct {
	section snapshot.SectionID
	// path is of these requests alone: graphsim ties it to the start and the end of
	// theirs by slashes.
	path  string
	shape shape
	// forms is in how many forms it is asked for, one after another, where Graph
	// answers 400; of logs also where it answers 404, for beta may have them.
	forms int
	// before is how many requests to the path come before the one that gives rows: the
	// simulator refuses the first form.
	before int
	// wave are reads that do not stand in each other's way and share a run.
	wave int
}

var reads = []read{
	{section: snapshot.Organization, path: "/organization/", shape: theFirst, forms: 1, wave: 0},
	{section: snapshot.SubscribedSkus, path: "/subscribedSkus/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.Domains, path: "/domains/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.Domains, path: "federationConfiguration/", shape: aPart, forms: 1, wave: 5},
	{section: snapshot.AuthenticationMethodsPolicy, path: "/policies/authenticationMethodsPolicy/", shape: anObject, forms: 1, wave: 2},
	{section: snapshot.AuthenticationMethodsPolicy, path: "authenticationMethodConfigurations/Fido2/", shape: aPart, forms: 3, wave: 5},
	{section: snapshot.SecurityDefaults, path: "/policies/identitySecurityDefaultsEnforcementPolicy/", shape: anObject, forms: 1, wave: 1},
	{section: snapshot.CrossTenantAccessPolicy, path: "/policies/crossTenantAccessPolicy/default/", shape: anObject, forms: 1, wave: 1},
	{section: snapshot.CrossTenantPartners, path: "/policies/crossTenantAccessPolicy/partners/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.AuthenticationStrengths, path: "/policies/authenticationStrengthPolicies/", shape: aListing, forms: 2, wave: 1},
	{section: snapshot.ConditionalAccessPolicies, path: "/identity/conditionalAccess/policies/", shape: aListing, forms: 1, wave: 3},
	{section: snapshot.NamedLocations, path: "/identity/conditionalAccess/namedLocations/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.ServicePrincipals, path: "/servicePrincipals/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.RoleAssignments, path: "/roleManagement/directory/roleAssignments/", shape: aListing, forms: 2, wave: 2},
	{section: snapshot.RoleEligibility, path: "/roleManagement/directory/roleEligibilitySchedules/", shape: aListing, forms: 2, wave: 3},
	{section: snapshot.Users, path: "/users/$count/", shape: aCount, forms: 1, wave: 5},
	{section: snapshot.Users, path: "/users/", shape: aListing, forms: 2, wave: 2},
	{section: snapshot.RiskyUsers, path: "/identityProtection/riskyUsers/", shape: aListing, forms: 2, wave: 1},
	{section: snapshot.Groups, path: "/directoryObjects/getByIds/", shape: postedIDs, forms: 1, wave: 4},
	{section: snapshot.Groups, path: "/groups/$count/", shape: aCount, forms: 1, wave: 5},
	{section: snapshot.GroupMembers, path: "transitiveMembers/microsoft.graph.user/", shape: perGroup, forms: 1, wave: 1},
	{section: snapshot.UserRegistrationDetails, path: "/reports/authenticationMethods/userRegistrationDetails/", shape: aListing, forms: 1, wave: 1},
	{section: snapshot.AuthenticationMethods, path: "authentication/methods/", shape: perAccount, forms: 1, wave: 1},
	{section: snapshot.AuthenticationMethods, path: "/$batch/", shape: aBatch, forms: 1, wave: 3},
	{section: snapshot.Devices, path: "/devices/", shape: aListing, forms: 5, before: 1, wave: 1},
	{section: snapshot.ManagedDevices, path: "/deviceManagement/managedDevices/", shape: aListing, forms: 1, wave: 1},
	// Sign-ins are asked for in beta too.
	{section: snapshot.SignIns, path: "/auditLogs/signIns/", shape: aLog, forms: 2, wave: 1},
	{section: snapshot.DirectoryAudits, path: "/auditLogs/directoryAudits/", shape: aLog, forms: 1, wave: 1},
}

// covers tells whether the path of a request is the read's.
func (r read) covers(path string) bool {
	segments := strings.SplitAfterN(path, "/", 3) // "/", "v1.0/", the rest
	rest := strings.ToLower("/" + segments[len(segments)-1] + "/")
	want := strings.ToLower(r.path)
	if strings.HasPrefix(want, "/") {
		return rest == want
	}
	return strings.HasSuffix(rest, "/"+want)
}

// kind is what a trouble is.
type kind string

const (
	refusal kind = "refusal" // Graph says no
	noise   kind = "noise"   // no answer, or one that is none
	astray  kind = "astray"  // a redirect, which is not followed
	chain   kind = "chain"   // a next link that does not lead on
)

// trouble is a fault that does not pass.
type trouble struct {
	what string // as [graphsim.ParseFault] takes it after PATH=
	kind kind
	says string // in the reason, with … for what may stand between
	// tries is how often one request is sent.
	tries int
	// of a chain: how many pages one round of a listing reads, and whether it is begun
	// anew when it breaks. Those of a log that is begun anew come to its end.
	pages int
	again bool
	// twin tells that it is treated as another one, and that going on after it need not be
	// tried too.
	twin bool
}

func (f trouble) status() int {
	fault, err := graphsim.ParseFault("x=" + f.what)
	if err != nil {
		panic(err)
	}
	return fault.Status
}

// troubles are all kinds of faults that the simulator has, and of statuses one for each
// thing that the collector tells apart. How often a request is tried: 5 times, 20 where
// Graph says how long to wait, for at most 15 minutes in all; twice where there is
// silence.
var troubles = []trouble{
	{what: "400", kind: refusal, says: "Graph answered 400 Bad Request", tries: 1},
	{what: "403", kind: refusal, says: "Graph answered 403 Forbidden, Authorization_RequestDenied", tries: 1},
	{what: "403:Authentication_RequestFromUnsupportedUserRole", kind: refusal, says: "Authentication_RequestFromUnsupportedUserRole", tries: 1},
	{what: "404", kind: refusal, says: "Graph answered 404 Not Found", tries: 1},
	{what: "405", kind: refusal, says: "Graph answered 405 Method Not Allowed", tries: 1, twin: true},
	// Graph's word for a token of a chain of pages that is too old.
	{what: "410", kind: refusal, says: "Graph answered 410 Gone", tries: 1, again: true},
	{what: "429", kind: refusal, says: "Graph answered 429 Too Many Requests", tries: 5},
	{what: "429;retry-after=7", kind: refusal, says: "Graph answered 429 Too Many Requests", tries: 20},
	{what: "429;retry-date=7", kind: refusal, says: "Graph answered 429 Too Many Requests", tries: 20, twin: true},
	{what: "429;retry-after=3600", kind: refusal, says: "Graph answered 429 Too Many Requests", tries: 1},
	{what: "500", kind: refusal, says: "Graph answered 500 Internal Server Error", tries: 5, twin: true},
	{what: "501", kind: refusal, says: "the endpoint does not offer it: Graph answered 501 Not Implemented", tries: 1},
	{what: "502", kind: refusal, says: "Graph answered 502 Bad Gateway", tries: 5, twin: true},
	{what: "503", kind: refusal, says: "Graph answered 503 Service Unavailable", tries: 5},
	{what: "503;retry-after=7", kind: refusal, says: "Graph answered 503 Service Unavailable", tries: 5, twin: true},
	{what: "504", kind: refusal, says: "Graph answered 504 Gateway Timeout", tries: 5},
	{what: "close", kind: noise, says: "the connection was closed before an answer came", tries: 5},
	{what: "truncate", kind: noise, says: "the connection was closed in the middle of the answer", tries: 5},
	{what: "cut-json", kind: noise, says: "the answer ends too early", tries: 5},
	{what: "html", kind: noise, says: "the answer is text/html and not JSON", tries: 5},
	{what: "slow;pause=400000", kind: noise, says: "no answer in time", tries: 2},
	{what: "redirect", kind: astray, says: "the answer is a redirect to http…, which is not followed", tries: 1},
	{what: "redirect-away", kind: astray, says: "the answer is a redirect to https://elsewhere.invalid, which is not followed", tries: 1},
	{what: "repeat-next-link", kind: chain, says: "the next link was followed before", pages: 2, again: true},
	{what: "endless-pages", kind: chain, says: "page after page brought no new row", pages: 4},
	{what: "empty-token", kind: chain, says: "the next link has an empty token", pages: 1, again: true},
	{what: "foreign-next-link", kind: chain, says: "https://elsewhere.invalid is not the Graph root", pages: 1},
	{what: "expired-token", kind: chain, says: "Graph answered 400 Bad Request, Directory_ExpiredPageToken", pages: 2, again: true},
	{what: "lost-token", kind: chain, says: "Graph answered 400 Bad Request, DirectoryPageTokenNotFoundException", pages: 2, again: true},
	{what: "unknown-token", kind: chain, says: "Graph answered 400 Bad Request, UnknownError", pages: 2, again: true},
}

// passing are troubles that end by themselves, and such as are none for a client that
// reads as it should. The section is complete, and the same as without them.
var passing = []string{
	"401*1", "429*2", "429*3;retry-after=7", "429*3;retry-date=7", "500*1", "502*1", "503*2", "503*4;retry-after=7", "504*1",
	"close*1", "truncate*1", "cut-json*1", "html*1", "slow;pause=1000", "slow*1;pause=400000", "gzip", "503;chance=20",
	"empty-page", "repeat-next-link*1", "endless-pages*1", "empty-token*1", "expired-token*1", "lost-token*1", "unknown-token*1",
}

// neverPassing are kinds of faults of which even one is not got over, with the reason.
var neverPassing = map[graphsim.FaultKind]string{
	graphsim.FaultRedirect:     "Graph sends none; whoever does is not Graph",
	graphsim.FaultRedirectAway: "Graph sends none; whoever does is not Graph",
	graphsim.FaultForeignLink:  "a service that leads elsewhere once is not asked again",
}

// neverLasting are kinds of faults that do no harm however long they last.
var neverLasting = map[graphsim.FaultKind]string{
	graphsim.FaultGzip:      "is how an answer may come",
	graphsim.FaultEmptyPage: "is how a page may come",
}

// outcome is what becomes of a section, of those that rest on it apart.
type outcome struct {
	// why says that the trouble cannot happen to the read; then nothing becomes of it.
	why   string
	state snapshot.State
	says  string // in the reason, with … for what may stand between
	rows  int    // the first so many of the section
	// status is Graph's, in the section's entry.
	status int
	// requests to the path, at least and at most.
	least, most int
	// incomplete tells that every group is named as not read to its end.
	incomplete bool
	// refused are rows of accounts whose methods were refused, after the others.
	refused int
	// fatal: there is no snapshot, and the exit code is 4.
	fatal bool
	// without tells that a row lacks what is put into it elsewhere.
	without bool
	// gone tells that Graph says there is nothing to be had, so that going on later brings
	// nothing.
	gone bool
}

// stateOf is what a section is of which nothing was read. Where Graph refuses by a
// status that says something of whoever asks or of the service, so does the state.
func (f trouble) stateOf() snapshot.State {
	switch f.status() {
	case http.StatusForbidden:
		return snapshot.Denied
	case http.StatusNotImplemented:
		return snapshot.NotCollected
	}
	return snapshot.Unavailable
}

// These may be asked for in halves of the window of time.
func (f trouble) tooSlow() bool {
	return f.status() == http.StatusGatewayTimeout || f.says == "no answer in time"
}

// restarts is how often a listing is read whose chain of pages breaks.
const restarts = 4

// outcomeOf is the rule for a cell. late is the trouble that comes after the first
// request that gave rows.
func outcomeOf(r read, f trouble, late bool) outcome {
	// Nothing was read, or too little.
	o := outcome{state: f.stateOf(), says: f.says, status: f.status(), least: f.tries, most: f.tries}
	rounds := 1
	switch {
	case (f.what == "400" || f.what == "404" && r.shape == aLog) && !late:
		o.least, o.most = r.forms, r.forms // of which each is tried
	case f.again:
		rounds = restarts
	}
	if f.kind == chain {
		return outcomeOfChain(r, f, rounds)
	}
	if late {
		return outcomeLate(r, f, o, rounds)
	}
	switch r.shape {
	case theFirst:
		// Whoever does not answer at all, or leads elsewhere, is not Graph.
		o.fatal = f.what == "close" || f.kind == astray
	case anObject, aBatch, postedIDs:
	case aListing:
		o.least, o.most = o.least*rounds, o.most*rounds
		if f.spares() {
			o.least, o.most = o.least+r.before, o.most+r.before
		}
	case aLog:
		if f.tooSlow() {
			// 30 days are halved down to an hour, for half an hour.
			o.most = 11 * f.tries
		}
	case perGroup:
		o.least, o.most = matrixRows*o.least*rounds, matrixRows*o.most*rounds
	case perAccount:
		if f.kind != refusal {
			return outcome{why: "items of a batch share its connection: see $batch"}
		}
		o.least, o.most = matrixRows*o.least, matrixRows*o.most
	case aPart:
		// The row is there, without what is put into it. What Graph does not offer cannot
		// be had, so it is only said; anything else is missing.
		o.state, o.status, o.rows, o.without = snapshot.Partial, 0, rowsOf(r.section), true
		if slices.Contains(notOffered, f.status()) {
			o.state, o.gone = snapshot.Complete, true
		}
		o.says = "could not be read: …" + strings.TrimPrefix(f.says, "the endpoint does not offer it: ")
	case aCount:
		// Nothing hangs on it. Half of a digit is no number, which is not asked again.
		o.state, o.says, o.status, o.rows = snapshot.Complete, "", 0, rowsOf(r.section)
		if f.what == "cut-json" {
			o.least = 1
		}
	}
	return o
}

// outcomeLate is for a trouble that comes after the first page: rows were read, and they
// stay.
func outcomeLate(r read, f trouble, o outcome, rounds int) outcome {
	one := 1 + r.before + o.least // of which each is let through but the last
	if f.again {
		// The other rounds end at once. A log whose window shrinks to what was not read
		// needs no more than one of them.
		one += restarts - 1
	}
	switch r.shape {
	case theFirst, anObject, aPart, aCount:
		return outcome{why: "it is one request"}
	case postedIDs:
		return outcome{why: "one request takes 1,000 groups: TestFaultsOfManyRequests"}
	case aBatch:
		return outcome{why: "one batch takes 20 accounts: TestFaultsOfManyRequests"}
	case aListing:
		o.state, o.rows = snapshot.Partial, 2
		o.says = "ended after 2 rows: …" + f.says
		o.least, o.most = one, one
	case aLog:
		o.state, o.rows = snapshot.Partial, 2
		o.says = "ended after 2 rows: …" + f.says
		o.least, o.most = 1+f.tries, one
		if f.tooSlow() {
			o.most = 1 + 12*f.tries
		}
	case perGroup:
		// One group is read half, the others not at all.
		o.state, o.rows, o.status, o.incomplete = snapshot.Partial, 1, 0, true
		o.says = "the members of 5 groups were not read to the end: …" + strings.TrimPrefix(f.says, "the endpoint does not offer it: ")
		o.least = one + (matrixRows-1)*f.tries*rounds
		o.most = o.least
	case perAccount:
		if f.kind != refusal {
			return outcome{why: "items of a batch share its connection: see $batch"}
		}
		// Two accounts are answered about.
		o.state, o.rows, o.refused, o.status = snapshot.Partial, 2, matrixRows-2, 0
		o.says = "the methods of 3 accounts were refused"
		o.least = 2 + o.refused*f.tries
		o.most = o.least
		if f.status() == http.StatusNotFound {
			o.state, o.says, o.refused, o.gone = snapshot.Complete, "", 0, true // they were deleted
		}
	}
	return o
}

// outcomeOfChain is for next links that do not lead on: what the pages before brought
// stays.
func outcomeOfChain(r read, f trouble, rounds int) outcome {
	o := outcome{state: snapshot.Partial, says: "ended after 2 rows: …" + f.says, rows: 2}
	o.least, o.most = f.pages*rounds, f.pages*rounds
	if strings.Contains(f.says, "Graph answered 400") {
		o.status = http.StatusBadRequest
	}
	switch r.shape {
	case theFirst:
		return outcome{why: "the first row is all that is read"}
	case anObject, aPart, aCount:
		return outcome{why: "it has no pages"}
	case postedIDs, perAccount, aBatch:
		return outcome{why: "the simulator gives its answer whole, as Graph does"}
	case aListing:
		o.least, o.most = o.least+r.before, o.most+r.before
	case aLog:
		if f.again {
			// It is cut where the chain broke, and gone on with from there, by a new event
			// each time. Where each page says that more follows, there is no end to come to.
			o = outcome{state: snapshot.Complete, rows: matrixRows, least: 3, most: 2 * (matrixRows + 1)}
			if f.what == "repeat-next-link" {
				o.state, o.says = snapshot.Partial, "ended after 5 rows: …"+f.says
				o.most += f.pages
			}
			if f.what == "repeat-next-link" || f.what == "empty-token" {
				o.most += restarts
			}
		}
	case perGroup:
		o.rows, o.status, o.incomplete = matrixRows, 0, true
		o.says = "the members of 5 groups were not read to the end: …" + f.says
		o.least, o.most = matrixRows*o.least, matrixRows*o.most
	}
	return o
}

// rowsOf is how many rows a section of matrixTenant has.
func rowsOf(id snapshot.SectionID) int {
	if spec, _ := snapshot.Spec(id); spec.Shape == snapshot.Singleton {
		return 1
	}
	return matrixRows
}

// spares tells whether a fault happens to good answers only, and so not to the refusal of
// a form.
func (f trouble) spares() bool {
	return slices.ContainsFunc([]string{"truncate", "cut-json", "slow", "gzip"}, func(what string) bool { return strings.HasPrefix(f.what, what) })
}

// fault writes a trouble of a read as the simulator takes it.
func (f trouble) fault(r read, late bool) string {
	what := f.what
	if late {
		n := 1 + r.before
		switch {
		case r.shape == perAccount:
			n = 2
		case f.spares():
			n = 1
		}
		what = fmt.Sprintf("%s;after=%d", what, n)
	}
	return r.path + "=" + what
}

// The tables are whole: every section is read by something, every request the
// collector knows of belongs to a read, and every kind of fault occurs in a form that
// lasts and in one that passes, or it is said why there is none.
func TestFaultMatrixIsWhole(t *testing.T) {
	sections := map[snapshot.SectionID]bool{}
	for _, r := range reads {
		sections[r.section] = true
	}
	for _, spec := range snapshot.Sections() {
		if !sections[spec.ID] {
			t.Errorf("no read is of section %s", spec.ID)
		}
	}
	for _, s := range collect.Catalogue() {
		for _, text := range s.Requests {
			method, rest, _ := strings.Cut(text, " ")
			path, _, _ := strings.Cut(rest, "?")
			path, _, _ = strings.Cut(path, " ")
			if !slices.ContainsFunc(reads, func(r read) bool { return r.covers(path) }) {
				t.Errorf("%s: no read has the path of %s %s", s.ID, method, path)
			}
		}
	}
	lasts, passes := map[graphsim.FaultKind]bool{}, map[graphsim.FaultKind]bool{}
	kindOf := func(what string) graphsim.FaultKind {
		f, err := graphsim.ParseFault("x=" + what)
		if err != nil {
			t.Fatal(err)
		}
		return f.Kind
	}
	for _, f := range troubles {
		lasts[kindOf(f.what)] = true
	}
	for _, what := range passing {
		passes[kindOf(what)] = true
	}
	kinds := []graphsim.FaultKind{graphsim.FaultStatus}
	for _, f := range graphsim.Faults() {
		kinds = append(kinds, f.Kind)
	}
	for _, k := range kinds {
		if lasts[k] == (neverLasting[k] != "") {
			t.Errorf("%s, lasting: in the table %v, and why it is not: %q", k, lasts[k], neverLasting[k])
		}
		if passes[k] == (neverPassing[k] != "") {
			t.Errorf("%s, passing: in the table %v, and why it is not: %q", k, passes[k], neverPassing[k])
		}
	}
	for _, r := range reads {
		for _, f := range troubles {
			for _, late := range []bool{false, true} {
				if late && f.kind == chain {
					continue // it is late by itself
				}
				if o := outcomeOf(r, f, late); o.why == "" && (o.state == "" || o.most < o.least || o.least == 0) {
					t.Errorf("%s of %s, late %v: no outcome: %+v", f.what, r.path, late, o)
				}
			}
		}
	}
}

// wantOf is the outcome of every section in a run, with what follows from one for those
// that rest on it.
func wantOf(happens map[snapshot.SectionID]outcome) map[snapshot.SectionID]outcome {
	want := map[snapshot.SectionID]outcome{}
	for _, spec := range snapshot.Sections() {
		o, hit := happens[spec.ID]
		if !hit || o.why != "" {
			o = outcome{state: snapshot.Complete, rows: rowsOf(spec.ID)}
		}
		want[spec.ID] = o
	}
	if people := want[snapshot.Users]; people.rows < matrixRows {
		o := want[snapshot.AuthenticationMethods]
		switch o.rows = min(o.rows, people.rows); {
		case people.rows == 0:
			o = outcome{state: snapshot.NotCollected, says: "there was nobody to ask about"}
		default:
			o.state, o.says = snapshot.Partial, "accounts were not read to the end"
		}
		want[snapshot.AuthenticationMethods] = o
	}
	return want
}

// groupsOf are the groups that the rows which were read name, in order; policies tells
// to leave out those that only roles name.
func groupsOf(want map[snapshot.SectionID]outcome, policies bool) (groups []int) {
	for id, named := range namesGroup {
		if policies && (id == snapshot.RoleAssignments || id == snapshot.RoleEligibility) {
			continue
		}
		groups = append(groups, named[:min(len(named), want[id].rows)]...)
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// expected are the rows that a section should have, out of those it has without faults.
func expected(id snapshot.SectionID, want map[snapshot.SectionID]outcome, whole []string) []string {
	o := want[id]
	var chosen []int
	switch id {
	case snapshot.Groups:
		chosen = groupsOf(want, false)
	case snapshot.GroupMembers:
		// Where groups could not be looked up, the holders of roles may be users.
		chosen = groupsOf(want, want[snapshot.Groups].rows == 0)
	default:
		return whole[:o.rows]
	}
	rows := []string{}
	for _, i := range chosen {
		rows = append(rows, whole[i-1])
	}
	return rows[:min(len(rows), o.rows)]
}

// later tells whether going on later may bring more: not of what Graph does not offer.
func (o outcome) later() bool {
	switch {
	case o.state == snapshot.Complete:
		return false
	case o.state.HasRows():
		return true
	}
	return !slices.Contains(notOffered, o.status)
}

// notOffered are the statuses by which Graph says that it does not have what was asked for.
var notOffered = []int{400, 404, 405, 501}

func (o outcome) String() string {
	if o.why != "" {
		return "cannot happen: " + o.why
	}
	return strings.TrimSpace(fmt.Sprintf("%s, %d rows, %s", cmp.Or(string(o.state), "no state"), o.rows, o.says))
}
