package methods

import (
	"context"
	"strconv"
	"strings"
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
	// LastUsed is when it was last used, which only beta of Graph tells.
	LastUsed time.Time
}

// DatedPasskeys reads the passkeys of some accounts once more, with their ids and
// times, which Holdings does not keep. Accounts whose methods were not listed are not
// in the result. The caller declares authenticationMethods.
func DatedPasskeys(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, accounts audit.Set) (map[uint32][]Dated, error) {
	asked := accounts.And(held.Asked)
	dated := map[uint32][]Dated{}
	if asked.Empty() {
		return dated, nil
	}
	type dates struct{ id, created, used string }
	type row struct {
		account uint32
		keys    map[int]dates // by place in the list
	}
	for r, err := range audit.Mapped(ctx, p, snapshot.AuthenticationMethods, func() func(*entra.UserMethods) row {
		return func(u *entra.UserMethods) row {
			n, known := dir.Ordinal(u.UserID)
			if !known || u.Error != nil || !asked.Has(n) {
				return row{}
			}
			r := row{account: n, keys: map[int]dates{}}
			for i := range u.Methods {
				if m := &u.Methods[i]; KindOf(m) == Passkey {
					r.keys[i] = dates{m.ID, m.CreatedDateTime, m.LastUsedDateTime}
				}
			}
			return r
		}
	}) {
		if err != nil {
			return nil, err
		}
		if r.keys == nil {
			continue
		}
		list := make([]Dated, 0, len(r.keys)) // of several rows about one account the last counts
		for _, k := range held.Passkeys(r.account) {
			place, err := strconv.Atoi(strings.TrimPrefix(k.Pointer, "/value/"))
			if err != nil {
				continue
			}
			d := Dated{RegisteredPasskey: k, ID: r.keys[place].id}
			// A time that cannot be read is one that was not told.
			d.Created, _ = entra.ParseTime(r.keys[place].created)
			d.LastUsed, _ = entra.ParseTime(r.keys[place].used)
			list = append(list, d)
		}
		if len(list) > 0 {
			dated[r.account] = list
		}
	}
	return dated, nil
}
