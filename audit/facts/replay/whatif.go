package replay

import (
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// Answer is how a decision compares with what Graph's What-If said of the same
// sign-in. Only whether policies apply is compared: What-If does not look at controls
// (EVA, conditionalaccessroot-evaluate, 2025-07-08).
type Answer struct {
	Agreed int
	// Undecided are policies that the engine cannot settle with what the sign-in tells,
	// or of which What-If says that it lacks information.
	Undecided int
	// Outdated are policies that were changed, made or deleted since the snapshot.
	Outdated    int
	Differences []Difference
}

// Difference is one policy on which the engine and What-If differ.
type Difference struct {
	PolicyID, PolicyName, State string
	// Applies is the engine's answer; What-If gave the other one.
	Applies bool
	// Because are the conditions by which the engine excludes the policy, Reasons those
	// by which What-If does.
	Because, Reasons []string
}

// Against compares a decision with the rows that What-If answered.
func (c *Comparer) Against(d *conditionalaccess.Decision, rows []entra.Raw) Answer {
	var out Answer
	answered := make([]bool, len(d.Policies))
	for _, row := range rows {
		i, there := c.byID[strings.ToLower(entra.Text(row, "/id"))]
		if there {
			answered[i] = true
		}
		if !there || changedSince(c.modified[i], lastChange(row)) {
			out.Outdated++
			continue
		}
		t := &d.Policies[i]
		applies, reasons := whatIfSays(row)
		switch {
		case applies == audit.Unsure || t.Applies == audit.Unsure:
			out.Undecided++
		case applies == t.Applies:
			out.Agreed++
		default:
			diff := Difference{PolicyID: t.Policy.ID, PolicyName: t.Policy.Name, State: t.Policy.StateText, Applies: t.Applies == audit.Yes, Reasons: reasons}
			for _, because := range t.Because {
				diff.Because = append(diff.Because, because.String())
			}
			if t.Off {
				diff.Because = append(diff.Because, "state")
			}
			out.Differences = append(out.Differences, diff)
		}
	}
	for i := range answered {
		if !answered[i] && d.Policies[i].Policy.State != conditionalaccess.Disabled {
			out.Outdated++
		}
	}
	return out
}

// whatIfSays reads an answer. The reasons are flags, one text (CSDL, Graph v1.0
// metadata, 2026-08).
func whatIfSays(row entra.Raw) (applies audit.Tri, reasons []string) {
	for _, r := range entra.Flags(entra.Text(row, "/analysisReasons")).Members() {
		switch strings.ToLower(r) {
		case "notset":
		case "notenoughinformation", "invalidcondition", "invalidpolicy":
			return audit.Unsure, []string{r}
		default:
			reasons = append(reasons, r)
		}
	}
	switch v, _ := entra.Lookup(row, "/policyApplies"); v.Kind() {
	case 't':
		return audit.Yes, reasons
	case 'f':
		return audit.No, reasons
	default:
		return audit.Unsure, reasons
	}
}

// changedSince tells whether a policy says another time of its last change than it did.
func changedSince(then, now time.Time) bool {
	return !then.IsZero() && !now.IsZero() && !then.Equal(now)
}
