package history

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

// momentsOf writes a trend in a line a run.
func momentsOf(t *testing.T, s *Store, now *Run) []string {
	t.Helper()
	trend, err := s.Trend(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	if trend.Earlier > 0 {
		got = append(got, fmt.Sprint("earlier:", trend.Earlier))
	}
	for _, m := range trend.Moments {
		got = append(got, strings.TrimSpace(fmt.Sprint(m.TakenAt[8:10], " high:", m.Findings[audit.High], " trapped:", m.States[bootstrap.Trapped], " unjudged:", m.Unjudged, " ", m.Differs)))
	}
	return got
}

func TestTrend(t *testing.T) {
	with := func(r *Run, change func(*Run)) *Run { change(r); return r }
	for name, tc := range map[string]struct {
		kept []*Run
		now  *Run
		want []string
	}{
		"first": {nil, runOf(1, "a"), []string{"01 high:1 trapped:1 unjudged:1 []"}},
		"three": {[]*Run{runOf(2, "a", "b"), runOf(1, "a")}, runOf(3), []string{
			"01 high:1 trapped:1 unjudged:1 []", "02 high:2 trapped:2 unjudged:1 []", "03 high:0 trapped:3 unjudged:1 []"}},
		"itself-once": {[]*Run{runOf(1), runOf(2, "a")}, runOf(2), []string{"01 high:0 trapped:1 unjudged:1 []", "02 high:0 trapped:2 unjudged:1 []"}},
		"not-later":   {[]*Run{runOf(1), runOf(5)}, runOf(3), []string{"01 high:0 trapped:1 unjudged:1 []", "03 high:0 trapped:3 unjudged:1 []"}},
		"other-tenant": {[]*Run{with(runOf(1), func(r *Run) { r.Tenant.ID = "u" }), runOf(2)}, runOf(3),
			[]string{"02 high:0 trapped:2 unjudged:1 []", "03 high:0 trapped:3 unjudged:1 []"}},
		"other-part": {[]*Run{with(runOf(1), func(r *Run) { r.Scope = snapshot.Scope{Kind: snapshot.ScopeGroups, IDs: []string{"g"}} })}, runOf(3),
			[]string{"03 high:0 trapped:3 unjudged:1 []"}},
		"judged-unlike": {[]*Run{
			with(runOf(1, "a"), func(r *Run) { r.Checks, r.Settings, r.Tool.Version = r.Checks[:1], "other", "v0" }),
		}, runOf(3), []string{"01 high:1 trapped:1 unjudged:0 [checks settings version]", "03 high:0 trapped:3 unjudged:1 []"}},
		"the-likest-of-one-snapshot": {[]*Run{
			runOf(1, "a"), with(runOf(1, "a", "b"), func(r *Run) { r.Settings = "other" }),
		}, runOf(3), []string{"01 high:1 trapped:1 unjudged:1 []", "03 high:0 trapped:3 unjudged:1 []"}},
		"the-last-of-equally-unlike": {[]*Run{
			with(runOf(1, "a"), func(r *Run) { r.Settings = "one" }), with(runOf(1), func(r *Run) { r.Settings = "two" }),
		}, runOf(3), []string{"01 high:0 trapped:1 unjudged:1 [settings]", "03 high:0 trapped:3 unjudged:1 []"}},
		"states-not-judged": {[]*Run{with(runOf(1), func(r *Run) { r.States = nil })}, runOf(3),
			[]string{"01 high:0 trapped:0 unjudged:1 []", "03 high:0 trapped:3 unjudged:1 []"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, filepath.Join(t.TempDir(), "runs.db"))
			record(t, s, tc.kept...)
			if diff := cmp.Diff(tc.want, momentsOf(t, s, tc.now)); diff != "" {
				t.Error(diff)
			}
			// A run that is in the file already is the same moment.
			record(t, s, tc.now)
			if diff := cmp.Diff(tc.want, momentsOf(t, s, tc.now)); diff != "" {
				t.Errorf("once it is kept: %s", diff)
			}
		})
	}
}

func TestTrendIsBounded(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "runs.db"))
	for i := range mostMoments + 2 {
		r := runOf(1)
		r.TakenAt, r.Digest = fmt.Sprintf("2026-11-01T%02d:%02d:00Z", i/60, i%60), fmt.Sprint("digest ", i)
		record(t, s, r)
	}
	got := momentsOf(t, s, runOf(2))
	if len(got) != mostMoments+1 || got[0] != "earlier:3" || !strings.HasPrefix(got[mostMoments], "02 ") {
		t.Errorf("%d lines, from %s to %s", len(got), got[0], got[len(got)-1])
	}
}
