package html

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// mostPeople is how many lines the table of people takes: with more the page would be
// slow and large. Those who are stuck go first.
const mostPeople = 100_000

// people is the table of people as the page's script reads it: what many have in common
// is written once.
type people struct {
	Groups []peopleGroup `json:"groups"`
	// Rows are name, group, registered and usable passkeys; -1 where nobody knows.
	Rows []peopleRow `json:"rows"`

	// Listed of All people are in Rows.
	Listed, All int `json:"-"`
}

// peopleGroup is what is the same for everybody in it.
type peopleGroup struct {
	State      string `json:"s"`
	Why        string `json:"w"` // obstacles, or what is missing
	Way        string `json:"p"` // the way: steps, conditions, kind of passkey
	Blockers   string `json:"b"`
	Confidence string `json:"c"`
	Platforms  string `json:"o"`
}

type peopleRow struct {
	Name               string
	Group              int
	Registered, Usable int
}

// MarshalJSON writes a row as a list, which is shorter.
func (r peopleRow) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{r.Name, r.Group, r.Registered, r.Usable})
}

// stuckFirst is the order of states in the table.
func stuckFirst() []bootstrap.State {
	return []bootstrap.State{
		bootstrap.Trapped, bootstrap.Unknown, bootstrap.NeedsAdminStep, bootstrap.SelfService, bootstrap.HasPasskey, bootstrap.OutOfScope,
	}
}

func peopleOf(beside *overview.Source) (*people, error) {
	p := &people{Groups: []peopleGroup{}, Rows: []peopleRow{}}
	if beside.Overview == nil {
		return p, nil
	}
	labels := map[bootstrap.Blocker]string{}
	for _, b := range beside.Blockers {
		labels[bootstrap.Blocker{Type: b.Type, ID: b.ID}] = b.Label
	}
	index := map[peopleGroup]int{}
	byState := map[bootstrap.State][]peopleRow{}
	for u, err := range beside.Users {
		if err != nil {
			return nil, err
		}
		if !u.Counted {
			continue
		}
		p.All++
		if len(byState[u.State]) == mostPeople {
			continue
		}
		g := groupOf(&u, labels)
		n, known := index[g]
		if !known {
			n = len(p.Groups)
			index[g] = n
			p.Groups = append(p.Groups, g)
		}
		row := peopleRow{report.Plain(u.UserPrincipalName), n, -1, -1}
		if row.Name == "" {
			row.Name = report.Plain(u.ID)
		}
		if u.Passkeys != nil {
			row.Registered, row.Usable = u.Passkeys.Registered, u.Passkeys.Usable
		}
		byState[u.State] = append(byState[u.State], row)
	}
	for _, state := range stuckFirst() {
		rows := byState[state]
		p.Rows = append(p.Rows, rows[:min(len(rows), mostPeople-len(p.Rows))]...)
	}
	p.Listed = len(p.Rows)
	return p, nil
}

func groupOf(u *readiness.User, labels map[bootstrap.Blocker]string) peopleGroup {
	g := peopleGroup{State: string(u.State), Confidence: string(u.Confidence)}
	var why, way, blockers, platforms []string
	for _, r := range u.Reasons {
		if text := bootstrap.ReasonsText([]bootstrap.Reason{r}); text != "" {
			why = append(why, text)
		} else {
			why = append(why, string(r))
		}
	}
	for _, m := range u.Missing {
		why = append(why, "not read: "+m)
	}
	for _, s := range u.Steps {
		way = append(way, wordOr(report.StepText(s), string(s)))
	}
	for _, c := range u.Conditions {
		way = append(way, wordOr(report.ConditionText(c), string(c)))
	}
	for _, b := range u.BlockedBy {
		blockers = append(blockers, wordOr(labels[b], b.ID))
	}
	for _, on := range u.Platforms {
		platforms = append(platforms, on.OS.String()+": "+short(on.State))
	}
	slices.Sort(platforms)
	g.Why, g.Way = strings.Join(why, "; "), strings.Join(way, "; ")
	g.Blockers, g.Platforms = report.Plain(strings.Join(blockers, "; ")), strings.Join(platforms, "; ")
	return g
}

func wordOr(text, word string) string {
	if text == "" {
		return word
	}
	return text
}

// write writes the data. The encoder escapes what could end the element that holds it.
func (p *people) write(w io.Writer) error { return json.NewEncoder(w).Encode(p) }
