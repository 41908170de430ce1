package preview

import (
	"context"
	"errors"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
)

// Fixes tries the steps of findings that say what they change, and counts whom each
// frees and whom it leaves worse off. Where the ways to a passkey cannot be judged,
// nothing is counted.
func Fixes(ctx context.Context, run *audit.Run, findings []audit.Finding) error {
	var reach *bootstrap.Result
	for i := range findings {
		for k := range findings[i].Fix {
			step := &findings[i].Fix[k]
			if len(step.Objects) == 0 {
				continue
			}
			if reach == nil {
				var err error
				reach, err = audit.Evaluate(ctx, run, bootstrap.Reach)
				if _, missing := errors.AsType[*audit.MissingError](err); missing {
					return nil
				}
				if err != nil {
					return err
				}
			}
			var objects []bootstrap.Blocker
			for _, o := range step.Objects {
				objects = append(objects, bootstrap.Blocker{Type: bootstrap.BlockerType(o.Type), ID: o.ID})
			}
			change, err := reach.Try(ctx, objects)
			if err != nil {
				return err
			}
			step.Frees, step.Worsens = change.Freed.Count(), change.Worsened.Count()
		}
	}
	return nil
}
