package activity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// row writes a sign-in of account a from Windows, with what else is given.
func row(id string, code int, at, more string) string {
	return fmt.Sprintf(`{"id":%q,"userId":"A","createdDateTime":%q,"clientAppUsed":"Browser","status":{"errorCode":%d},`+
		`"deviceDetail":{"operatingSystem":"Windows10","browser":"Edge 142.0.0"}%s}`, id, at, code, more)
}

func day(n int) string { return fmt.Sprintf("2026-11-%02dT08:00:00Z", n) }

func logOf(t *testing.T, rows ...string) *activity.SignInLog {
	t.Helper()
	return factstest.Of(t, factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).With(snapshot.SignIns, rows...), activity.SignIns)
}

// counted writes the classes of a log with their numbers.
func counted(l *activity.SignInLog) string {
	var parts []string
	for c := activity.Succeeded; c <= activity.Unclassified; c++ {
		if n := l.Count(c); n > 0 {
			parts = append(parts, fmt.Sprintf("%s:%d", c, n))
		}
	}
	return strings.Join(parts, " ")
}

func TestSignInsAreFolded(t *testing.T) {
	const one, two = `,"correlationId":"one"`, `,"correlationId":"two"`
	registering := `,"resourceId":"19DB86C3-b2b9-44cc-b339-36da233a3be2"`
	tests := map[string]struct {
		rows []string
		want string
	}{
		"success":                    {[]string{row("1", 0, day(1), "")}, "succeeded:1"},
		"paused-then-done":           {[]string{row("1", 50074, day(1), one), row("2", 0, day(2), one)}, "succeeded:1"},
		"done-then-paused-leg":       {[]string{row("2", 0, day(2), one), row("1", 50074, day(3), one)}, "succeeded:1"},
		"two-pauses":                 {[]string{row("1", 50074, day(1), one), row("2", 50140, day(2), one)}, "unfinished:1"},
		"paused-alone":               {[]string{row("1", 50072, day(1), one), row("2", 0, day(2), two)}, "succeeded:1 unfinished:1"},
		"no-correlation":             {[]string{row("1", 50074, day(1), ""), row("2", 0, day(2), "")}, "succeeded:1 unfinished:1"},
		"failed-then-done":           {[]string{row("1", 53003, day(1), one), row("2", 0, day(2), one)}, "succeeded:1"},
		"done-then-failed":           {[]string{row("1", 0, day(1), one), row("2", 53003, day(2), one)}, "succeeded:1 refused:1"},
		"legs-of-failure-count-once": {[]string{row("1", 53003, day(1), one), row("2", 53003, day(2), one)}, "refused:1"},
		"worst-leg":                  {[]string{row("1", 135010, day(1), one), row("2", 53003, day(2), one), row("3", 50074, day(3), one)}, "key unknown:1"},
		"user-handle":                {[]string{row("1", 135012, day(1), "")}, "key unknown:1"},
		"passkey-by-policy":          {[]string{row("1", 135016, day(1), "")}, "passkey failed:1"},
		"gesture":                    {[]string{row("1", 135003, day(1), "")}, "passkey failed:1"},
		"registration":               {[]string{row("1", 53003, day(1), registering)}, "registration refused:1"},
		"registration-by-code":       {[]string{row("1", 53010, day(1), "")}, "registration refused:1"},
		"registration-by-action":     {[]string{row("1", 53003, day(1), `,"authenticationContextClassReferences":[{"id":"urn:user:registersecurityinfo","detail":"required"}]`)}, "registration refused:1"},
		"registration-met-before":    {[]string{row("1", 53003, day(1), `,"authenticationContextClassReferences":[{"id":"urn:user:registersecurityinfo","detail":"previouslySatisfied"}]`)}, "refused:1"},
		"pass":                       {[]string{row("1", 130504, day(1), "")}, "pass failed:1"},
		"password":                   {[]string{row("1", 50126, day(1), "")}, "password failed:1"},
		"unknown-code":               {[]string{row("1", 987654, day(1), "")}, "unclassified:1"},
		"time-ran-out":               {[]string{row("1", 50089, day(1), "")}, "unfinished:1"},
		"stranger":                   {[]string{`{"id":"1","userId":"nobody","status":{"errorCode":0}}`}, ""},
		"status-is-a-text":           {[]string{`{"id":"1","userId":"a","status":"Success"}`}, "unclassified:1"},
		"other-user-same-correlation": {[]string{row("1", 50074, day(1), one),
			`{"id":"2","userId":"b","correlationId":"one","createdDateTime":"2026-11-02T00:00:00Z","status":{"errorCode":0}}`}, "succeeded:1 unfinished:1"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for _, order := range []string{"oldest first", "newest first"} {
				if got := counted(logOf(t, tc.rows...)); got != tc.want {
					t.Errorf("%s: %q, want %q", order, got, tc.want)
				}
				slices.Reverse(tc.rows)
			}
		})
	}
}

// A key that was not found is kept, also where the person got in by another method.
func TestRecoveredKeyIsKept(t *testing.T) {
	l := logOf(t, row("1", 135010, day(1), `,"correlationId":"one"`), row("2", 0, day(2), `,"correlationId":"one"`), row("3", 135010, day(3), ""))
	events := slices.Collect(l.Events(activity.KeyUnknown))
	if len(events) != 2 || events[0].Row != "3" || events[0].Recovered || events[1].Row != "1" || !events[1].Recovered {
		t.Errorf("%+v", events)
	}
	if got := counted(l); got != "succeeded:1 key unknown:1" {
		t.Error(got)
	}
}

func TestOnlyTheNewestAreKept(t *testing.T) {
	var rows []string
	for n := 1; n <= 20; n++ {
		rows = append(rows, row(fmt.Sprint("r", n), 53003, day(1+(n*7)%20), ""))
	}
	for range 2 {
		l := logOf(t, rows...)
		var days []int
		for e := range l.Events(activity.Refused) {
			days = append(days, e.At.Day())
		}
		if want := []int{20, 19, 18, 17, 16}; !slices.Equal(days, want) || l.Count(activity.Refused) != 20 {
			t.Errorf("kept %v of %d, want %v of 20", days, l.Count(activity.Refused), want)
		}
		slices.Reverse(rows)
	}
}

func TestWhatIsNotKnownIsCounted(t *testing.T) {
	l := logOf(t, row("1", 987654, day(2), ""), row("2", 987654, day(9), ""), `{"id":"3","userId":"a"}`, `{"id":"4","userId":"x","createdDateTime":"2026-11-20T00:00:00Z"}`)
	// A stranger's row is read and classified too, though it is nobody's sign-in.
	if l.UnknownCodes[987654] != 2 || l.Uncoded != 2 || l.Classes[activity.Unclassified] != 4 || l.Strangers != 1 || l.Window.Rows != 4 {
		t.Errorf("%+v", l)
	}
	if got := l.Window.Earliest.Format(time.DateOnly) + " " + l.Window.Latest.Format(time.DateOnly); got != "2026-11-02 2026-11-20" {
		t.Error(got)
	}
}

func TestWindow(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.SignIns, row("1", 0, day(5), ""))
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
	}{
		"told":     {base.Entry(snapshot.SignIns, `{"state":"complete","from":"2026-10-23T06:00:00Z","to":"2026-11-22T06:00:00Z"}`), "since 2026-10-23, where the log begins"},
		"by-event": {base, "since 2026-11-05, where the log begins"},
		"neither":  {factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")), "in the log, which does not say how far it reaches back"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := factstest.Of(t, tc.tenant, activity.SignIns).Window.Phrase(); got != tc.want {
				t.Error(got)
			}
		})
	}
}

// A failed sign-in may be somebody else's: it shows no platform.
func TestPlatforms(t *testing.T) {
	run := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).With(snapshot.SignIns,
		row("1", 0, day(1), ""),
		`{"id":"2","userId":"b","status":{"errorCode":0},"deviceDetail":{"operatingSystem":"Ios 18.2.1"}}`,
		`{"id":"3","userId":"b","status":{"errorCode":50126},"deviceDetail":{"operatingSystem":"Linux"}}`,
		`{"id":"4","userId":"b","status":{"errorCode":50074},"correlationId":"c","deviceDetail":{"operatingSystem":"Android 16"}}`,
		`{"id":"5","userId":"b","status":{"errorCode":0},"correlationId":"c","deviceDetail":{"operatingSystem":"Android 16"}}`).Run(t)
	dir := factstest.Get(t, run, population.Users)
	var got []string
	for os, set := range factstest.Get(t, run, activity.Platforms) {
		got = append(got, string(os)+"="+factstest.Names(dir, set))
	}
	slices.Sort(got)
	if want := "android=b iOS=b windows=a"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestPhonesOfSignIns(t *testing.T) {
	phone := func(id, device, at, os string, code int) string {
		return fmt.Sprintf(`{"id":%q,"userId":"a","createdDateTime":%q,"status":{"errorCode":%d},"deviceDetail":{"deviceId":%q,"operatingSystem":%q}}`, id, at, code, device, os)
	}
	l := logOf(t, phone("1", "P1", day(1), "iOS 26", 0), phone("2", "p1", day(3), "iOS 26", 0), phone("3", "p2", day(2), "Android 16", 0),
		phone("4", "pc", day(4), "Windows10", 0), phone("5", "p3", day(5), "iOS 26", 53003), phone("6", "", day(6), "iOS 26", 0))
	if got := fmt.Sprint(l.Phones(0)); got != "[{p1 iOS 2026-11-03 08:00:00 +0000 UTC 2} {p2 Android 2026-11-02 08:00:00 +0000 UTC 3}]" {
		t.Error(got)
	}
}

func TestPlaces(t *testing.T) {
	tests := map[string]struct {
		members string
		want    activity.Place
	}{
		"windows-says-10": {`"clientAppUsed":"Browser","deviceDetail":{"operatingSystem":"Windows 10","browser":"Chrome 90.0.4430"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/90"`,
			activity.Place{OS: devices.Windows, Browser: "Chrome", Client: activity.BrowserClient}},
		"build-of-a-web-view": {`"clientAppUsed":"Mobile Apps and Desktop clients","appDisplayName":"Teams","deviceDetail":{"operatingSystem":"Windows10","browser":"Edge 18.22631"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edge/18.22631"`,
			activity.Place{OS: devices.Windows, Version: "22631", Browser: "Edge", Client: activity.AppClient, App: "Teams"}},
		"build-in-the-agent":  {`"clientAppUsed":"x","deviceDetail":{"operatingSystem":"Windows10"},"userAgent":"Office/16.0 (Windows NT 10.0.19045; x)"`, activity.Place{OS: devices.Windows, Version: "19045"}},
		"windows-that-tells":  {`"deviceDetail":{"operatingSystem":"Windows 8.1"}`, activity.Place{OS: devices.Windows, Version: "9600"}},
		"build-in-the-system": {`"deviceDetail":{"operatingSystem":"Windows 10.0.22631.4"}`, activity.Place{OS: devices.Windows, Version: "22631"}},
		"edge-is-no-build":    {`"deviceDetail":{"operatingSystem":"Windows10"},"userAgent":"Edge/18.1"`, activity.Place{OS: devices.Windows}},
		"ios":                 {`"deviceDetail":{"operatingSystem":"Ios 18.2.1","browser":"Mobile Safari 16.6"}`, activity.Place{OS: devices.IOS, Version: "18.2.1", Browser: "Mobile Safari"}},
		"mac-is-frozen":       {`"deviceDetail":{"operatingSystem":"MacOs 10.15.7"}`, activity.Place{OS: devices.MacOS}},
		"nothing":             {`"deviceDetail":{"operatingSystem":"","browser":"Unknown"}`, activity.Place{}},
		"no-device":           {`"clientAppUsed":"Exchange ActiveSync"`, activity.Place{Client: activity.ActiveSync}},
		"legacy":              {`"clientAppUsed":"Authenticated SMTP"`, activity.Place{Client: activity.LegacyClient}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			l := logOf(t, `{"id":"1","userId":"a","status":{"errorCode":0},`+tc.members+`}`)
			uses := slices.Collect(l.Uses())
			if len(uses) != 1 || uses[0].Place != tc.want || uses[0].Count != 1 {
				t.Errorf("%+v, want %+v", uses, tc.want)
			}
		})
	}
}

// However many apps and browsers there are, what is kept is bounded, and systems stay
// told apart.
func TestPlacesAreBounded(t *testing.T) {
	var rows []string
	for n := range 40000 {
		rows = append(rows, fmt.Sprintf(`{"id":"r%d","userId":"a","status":{"errorCode":0},"appDisplayName":"App %d","deviceDetail":{"operatingSystem":"iOS %d","browser":"Browser %s"}}`,
			n, n, n, strings.Map(func(r rune) rune { return 'a' + r - '0' }, fmt.Sprint(n))))
	}
	rows = append(rows, `{"id":"last","userId":"b","status":{"errorCode":0},"deviceDetail":{"operatingSystem":"Linux"}}`)
	l := logOf(t, rows...)
	places := map[activity.Place]bool{}
	for u := range l.Uses() {
		places[u.Place] = true
	}
	if len(places) > 1<<15+16 {
		t.Errorf("%d places", len(places))
	}
	if l.Count(activity.Succeeded) != 40001 || !l.Platforms()[devices.Linux].Equal(audit.SetOf(1)) {
		t.Errorf("%d, %v", l.Count(activity.Succeeded), l.Platforms())
	}
}

// Legs that are far apart in the log are two sign-ins; what waits for further legs is
// bounded.
func TestLegsFarApart(t *testing.T) {
	rows := []string{row("first", 50074, day(1), `,"correlationId":"one"`)}
	for n := range 70000 {
		rows = append(rows, fmt.Sprintf(`{"id":"r%d","userId":"b","correlationId":"c%d","status":{"errorCode":0}}`, n, n))
	}
	rows = append(rows, row("last", 0, day(2), `,"correlationId":"one"`))
	if got := counted(logOf(t, rows...)); got != "succeeded:70001 unfinished:1" {
		t.Error(got)
	}
}
