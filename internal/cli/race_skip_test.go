package cli

import "testing"

// SkipUnderRace leaves out what is long because it runs the program over and over, one
// step after another: the race detector would see nothing new in it.
func SkipUnderRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("not under the race detector")
	}
}
