package overview

import "passkeyaudit/audit/facts/bootstrap"

// Trend is how the tenant went over the runs that were kept, up to this one.
type Trend struct {
	// Moments are the oldest snapshot first; the last one is this run.
	Moments []Moment `json:"moments"`
	// Earlier counts older snapshots that are not listed.
	Earlier int `json:"earlier,omitzero"`
}

// Moment is a run in numbers.
type Moment struct {
	TakenAt string `json:"takenAt"`
	// People counts enabled people; nil where they could not be counted.
	People *int `json:"people,omitzero"`
	// States counts people by state; nil where nobody could be judged.
	States map[bootstrap.State]int `json:"states,omitzero"`
	// Findings counts by severity those that are neither tentative nor accepted.
	Findings map[string]int `json:"findings"`
	// Unjudged counts checks that could not be judged: what they would have found is not
	// among the findings.
	Unjudged int `json:"unjudged"`
	// Differs says in what that run was judged unlike this one. Where it was, numbers may
	// differ though the tenant does not.
	Differs []Difference `json:"differs,omitzero"`
}

// Difference is something by which two runs were judged unlike.
type Difference string

// Differences of runs.
const (
	OtherChecks   Difference = "checks"
	OtherSettings Difference = "settings"
	OtherVersion  Difference = "version"
)

// Differences are all of them.
var Differences = []Difference{OtherChecks, OtherSettings, OtherVersion}
