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
		records, err := RecordsOf(ctx, p, dir, here, section)
		if err != nil {
			return nil, err
		}
		var quotes []Record
		for n := range here.All() {
			if i := slices.IndexFunc(records[n], func(r Record) bool { return r.OS == platform && !r.Disabled }); i >= 0 {
				quotes = append(quotes, records[n][i])
			}
		}
		list, err := QuoteRecords(ctx, p, quotes, func(r Record) (string, string) { return r.SystemPointer, means(section, platform) })
		if err != nil {
			return nil, err
		}
		evidence = append(evidence, list...)
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

// QuoteRecords quotes a member of the row of each record, which say names with what it
// means; a record of which it names none is left out. The check declares the
// sections.
func QuoteRecords(ctx context.Context, p *audit.Pass, records []Record, say func(Record) (pointer, means string)) ([]audit.Evidence, error) {
	keys := map[snapshot.SectionID][]string{}
	for _, r := range records {
		keys[r.Section] = append(keys[r.Section], r.Key)
	}
	rows := map[snapshot.SectionID]map[string]audit.KeyedRow{}
	for section, list := range keys {
		found, err := audit.RowsOf(ctx, p, section, list)
		if err != nil {
			return nil, err
		}
		rows[section] = found
	}
	var evidence []audit.Evidence
	for _, r := range records {
		pointer, means := say(r)
		if row, found := rows[r.Section][r.Key]; found && pointer != "" {
			evidence = append(evidence, audit.Quote(r.Section, row.Key, row.Raw, pointer, means))
		}
	}
	return evidence, nil
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
