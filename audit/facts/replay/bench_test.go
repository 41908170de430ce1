package replay_test

import (
	"os"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/snapshot"
)

// BenchmarkCompare decides and compares rows of the demo tenant, which has 18 policies.
func BenchmarkCompare(b *testing.B) {
	snap, err := snapshot.Open(os.DirFS("../../../fixtures/demo"))
	if err != nil {
		b.Fatal(err)
	}
	c := factstest.Get(b, audit.NewRun(snap), replay.Comparing)
	var rows []entra.SignIn
	for o, err := range snapshot.Objects[entra.SignIn](b.Context(), snap, snapshot.SignIns) {
		if err != nil {
			b.Fatal(err)
		}
		rows = append(rows, o.Value)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		c.Compare(&rows[n%len(rows)])
	}
}
