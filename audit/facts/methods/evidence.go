package methods

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// QuotedPeople is how many people's rows a finding quotes; the population names
// the others.
const QuotedPeople = 5

// QuoteHoldings quotes what the first of some people have registered: the types of
// their listed methods, or else what the registration report says. The check
// declares both sections. Names, numbers and devices are left out.
func QuoteHoldings(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, people audit.Set, means string) ([]audit.Evidence, error) {
	return quote(ctx, p, dir, held, people, func(id string, section snapshot.SectionID, raw entra.Raw) []audit.Evidence {
		if section == snapshot.UserRegistrationDetails {
			return []audit.Evidence{audit.Quote(section, id, raw, "/methodsRegistered", means)}
		}
		var all []audit.Evidence
		for i := 0; ; i++ {
			e := audit.Quote(section, id, raw, entra.Pointer("value", i, "@odata.type"), means)
			if e.Absent {
				break
			}
			all = append(all, e)
		}
		if len(all) == 0 {
			all = append(all, audit.Quote(section, id, raw, "/value", means))
		}
		return all
	})
}

// QuotePasskeys quotes the AAGUIDs of the first of some people's passkeys, those
// that only admits. People known from the report alone are quoted by their row.
func QuotePasskeys(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, people audit.Set, means string, only func(ordinal uint32, k RegisteredPasskey) bool) ([]audit.Evidence, error) {
	return QuotePasskeyMember(ctx, p, dir, held, people, "aaGuid", means, only)
}

// QuotePasskeyMember is QuotePasskeys for another member of the passkey.
func QuotePasskeyMember(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, people audit.Set, member, means string, only func(ordinal uint32, k RegisteredPasskey) bool) ([]audit.Evidence, error) {
	return quote(ctx, p, dir, held, people, func(id string, section snapshot.SectionID, raw entra.Raw) []audit.Evidence {
		if section == snapshot.UserRegistrationDetails {
			return []audit.Evidence{audit.Quote(section, id, raw, "/methodsRegistered", means)}
		}
		ordinal, _ := dir.Ordinal(id)
		var all []audit.Evidence
		for _, k := range held.Passkeys(ordinal) {
			if only == nil || only(ordinal, k) {
				all = append(all, audit.Quote(section, id, raw, k.Pointer+"/"+member, means))
			}
		}
		return all
	})
}

func quote(ctx context.Context, p *audit.Pass, dir *population.Directory, held *Held, people audit.Set,
	of func(id string, section snapshot.SectionID, raw entra.Raw) []audit.Evidence) ([]audit.Evidence, error) {
	wanted := map[snapshot.SectionID][]string{}
	n := 0
	for ordinal := range people.All() {
		if n++; n > QuotedPeople {
			break
		}
		section := snapshot.UserRegistrationDetails
		if held.Asked.Has(ordinal) {
			section = snapshot.AuthenticationMethods
		}
		wanted[section] = append(wanted[section], dir.Member(ordinal).ID)
	}
	var all []audit.Evidence
	for _, section := range []snapshot.SectionID{snapshot.AuthenticationMethods, snapshot.UserRegistrationDetails} {
		rows, err := audit.RowsOf(ctx, p, section, wanted[section])
		if err != nil {
			return nil, err
		}
		for _, id := range wanted[section] {
			if row, found := rows[id]; found {
				all = append(all, of(row.Key, section, row.Raw)...)
			}
		}
	}
	return all, nil
}
