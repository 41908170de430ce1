package devices

import (
	"context"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// quotedPeople is how many people's rows a finding quotes.
const quotedPeople = 5

// QuotePhones quotes for the first of some people one row that shows them on a
// platform. The check declares all PhoneSources.
func QuotePhones(ctx context.Context, p *audit.Pass, dir *population.Directory, seen *Seen, platform OS, people audit.Set) ([]audit.Evidence, error) {
	var evidence []audit.Evidence
	left := first(people, quotedPeople)
	for _, section := range PhoneSources() {
		here := left.And(seen.In(platform, section))
		if here.Empty() {
			continue
		}
		left = left.Minus(here)
		pointers, owners := map[string]string{}, map[uint32]bool{}
		var keys []string
		err := sightings(ctx, p, section, func(userID, key, pointer string, on OS) {
			n, known := dir.Ordinal(userID)
			if !known || on != platform || !here.Has(n) || owners[n] {
				return
			}
			owners[n] = true
			if pointers[key] == "" {
				keys = append(keys, key)
			}
			pointers[key] = pointer
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(keys)
		rows, err := audit.RowsOf(ctx, p, section, keys)
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if row, found := rows[key]; found {
				evidence = append(evidence, audit.Quote(section, row.Key, row.Raw, pointers[key], means(section, platform)))
			}
		}
	}
	return evidence, nil
}

func means(section snapshot.SectionID, platform OS) string {
	switch section {
	case snapshot.AuthenticationMethods:
		return "an Authenticator that by its version, or the phone's name, runs on " + string(platform)
	case snapshot.SignIns:
		return "a successful sign-in from " + string(platform)
	default:
		return "a device with " + string(platform)
	}
}

func first(people audit.Set, most int) audit.Set {
	var b audit.Builder
	i := 0
	for n := range people.All() {
		if i == most {
			break
		}
		b.Add(n)
		i++
	}
	return b.Set()
}
