package bootstrap

import (
	"os"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// The demo tenant, as the command readiness judges it.
func BenchmarkJudgeDemo(b *testing.B) {
	snap, err := snapshot.Open(os.DirFS("../../../fixtures/demo"))
	if err != nil {
		b.Fatal(err)
	}
	g, err := audit.Evaluate(b.Context(), audit.NewRun(snap), Grounds)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := g.Judge(b.Context(), Options{World: Today})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(r.Classes)), "classes")
	}
}
