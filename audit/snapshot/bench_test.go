package snapshot

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"passkeyaudit/audit/entra"
)

// benchUsers writes n users as Graph sends them; the same ones every time.
func benchUsers(b *testing.B, n int, enc Encoding) (s *Snapshot, bytes int64) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"id":"%08x-%04x-4%03x-8%03x-%012x","userPrincipalName":"person%d@contoso.example","displayName":"Person %d",`+
			`"userType":"Member","accountEnabled":true,"createdDateTime":"2024-03-01T08:00:00Z","externalUserState":null,"onPremisesSyncEnabled":null,`+
			`"assignedLicenses":[{"disabledPlans":[],"skuId":"06ebc4ee-1bb5-47dd-8120-11324bc54e06"}],"department":"Department %d","country":"NO",`+
			`"identities":[{"signInType":"userPrincipalName","issuer":"contoso.example","issuerAssignedId":"person%d@contoso.example"}]}`,
			r.Uint32(), r.Uint32N(1<<16), r.Uint32N(1<<12), r.Uint32N(1<<12), r.Uint64N(1<<48), i, i, r.IntN(40), i)
		bytes += int64(len(rows[i]))
	}
	return written(b, enc, map[SectionID][]string{Users: rows}), bytes
}

var benchSizes = map[string]int{"1k": 1000, "100k": 100_000}

func BenchmarkReadUsers(b *testing.B) {
	for _, size := range []string{"1k", "100k"} {
		for name, enc := range map[string]Encoding{"plain": Plain, "zstd": Zstd} {
			b.Run(size+"/"+name, func(b *testing.B) {
				s, bytes := benchUsers(b, benchSizes[size], enc)
				b.SetBytes(bytes)
				b.ReportAllocs()
				for b.Loop() {
					n := 0
					for _, err := range Objects[entra.User](b.Context(), s, Users) {
						if err != nil {
							b.Fatal(err)
						}
						n++
					}
					if n != benchSizes[size] {
						b.Fatal(n)
					}
				}
			})
		}
	}
}

func BenchmarkFocusOneUser(b *testing.B) {
	s, bytes := benchUsers(b, 100_000, Zstd)
	var id string
	for o, err := range Objects[entra.User](b.Context(), s, Users) {
		if err != nil {
			b.Fatal(err)
		}
		id = o.Value.ID
	}
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		ids, err := userIDs(b.Context(), s.Focus(id))
		if err != nil || len(ids) != 1 {
			b.Fatal(ids, err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	s, bytes := benchUsers(b, 100_000, Zstd)
	b.SetBytes(bytes)
	for b.Loop() {
		if report, err := s.Verify(b.Context()); err != nil || !report.OK() {
			b.Fatal(report, err)
		}
	}
}
