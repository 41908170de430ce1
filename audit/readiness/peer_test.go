package readiness

import (
	"testing"

	"passkeyaudit/audit/facts/bootstrap"
)

// What a peer did has to be possible with what one holds.
func TestPeers(t *testing.T) {
	for _, tc := range []struct {
		mine, theirs holding
		want         bool
	}{
		{holdsKey, holdsKey, true},
		{holdsKey | holdsWindows, holdsKey, true},
		{holdsKey, holdsKey | holdsWindows, false}, // they may have used Hello
		{holdsKey, holdsSynced, false},
		{0, 0, true},
		{0, holdsKey, false},
		{holdsKey, 0, false}, // whatever they used, it is not known
	} {
		if got := tc.mine.peer(tc.theirs); got != tc.want {
			t.Errorf("%b of %b: %t", tc.mine, tc.theirs, got)
		}
	}
}

// Every state is in one wave.
func TestWaveOfEveryState(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range bootstrap.States {
		for _, conditions := range [][]bootstrap.Condition{nil, {bootstrap.CapablePhone}} {
			seen[waveOf(&bootstrap.Verdict{State: s, Conditions: conditions})] = true
		}
	}
	for _, w := range Waves {
		if !seen[w] {
			t.Errorf("nobody is in the wave %s", w)
		}
	}
}
