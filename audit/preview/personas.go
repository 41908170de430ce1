package preview

import (
	"context"

	"passkeyaudit/audit/facts/bootstrap"
)

// personas lists those who would fare worse: for each persona, the people under whose
// policies they would.
func (p *Preview) personas(ctx context.Context, b, a *side) error {
	before, err := b.result.Personas(ctx)
	if err != nil {
		return err
	}
	after, err := a.result.Personas(ctx)
	if err != nil {
		return err
	}
	for _, is := range after {
		// From which states they come, in the order of output.
		for _, state := range bootstrap.States {
			people := 0
			for _, was := range before {
				if was.Persona == is.Persona && was.Verdict.State == state {
					people += was.Under.And(is.Under).Count()
				}
			}
			if people == 0 || !fallsBack(state, is.Verdict.State) {
				continue
			}
			p.Personas = append(p.Personas, Persona{is.Persona, people, state, is.Verdict.State, is.Verdict.Reasons, is.Verdict.BlockedBy})
		}
	}
	return nil
}

func fallsBack(was, is bootstrap.State) bool {
	return is == bootstrap.Trapped && was != bootstrap.Trapped || bootstrap.Rank(is) > bootstrap.Rank(was)
}
