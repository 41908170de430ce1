package methods

import (
	"context"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Dated is a registered passkey with the time of its registration.
type Dated struct {
	RegisteredPasskey
	ID string // of the method
	// Created is when it was registered; zero where that is not told.
	Created time.Time
}

// DatedPasskeys reads the passkeys of some accounts once more, with their ids and
// times, which Holdings does not keep. Accounts whose methods were not listed are not
// in the result. The caller declares authenticationMethods.
func DatedPasskeys(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, accounts audit.Set) (map[uint32][]Dated, error) {
	asked := accounts.And(held.Asked)
	ids := make([]string, 0, asked.Count())
	for n := range asked.All() {
		ids = append(ids, dir.Member(n).ID)
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.AuthenticationMethods, ids)
	if err != nil {
		return nil, err
	}
	dated := map[uint32][]Dated{}
	for n := range asked.All() {
		row, found := rows[dir.Member(n).ID]
		if !found {
			continue
		}
		for _, k := range held.Passkeys(n) {
			d := Dated{RegisteredPasskey: k, ID: entra.Text(row.Raw, k.Pointer+"/id")}
			// A time that cannot be read is one that was not told.
			d.Created, _ = entra.ParseTime(entra.Text(row.Raw, k.Pointer+"/createdDateTime"))
			dated[n] = append(dated[n], d)
		}
	}
	return dated, nil
}
