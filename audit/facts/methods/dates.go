package methods

import "time"

// reached tells whether a snapshot was taken on or after a date, such as
// "2027-10-15", in UTC. The snapshot's time was checked when it was opened.
func reached(takenAt, date string) bool {
	t, err := time.Parse(time.RFC3339, takenAt)
	return err == nil && t.UTC().Format(time.DateOnly) >= date
}
