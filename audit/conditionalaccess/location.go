package conditionalaccess

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// places are the named locations of a tenant, compiled.
type places struct {
	complete bool // every location there is is here
	byID     map[string]*place
	trusted  []*place
}

// place is one named location.
type place struct {
	ranges    []netip.Prefix
	countries map[string]bool // upper case
	unmapped  bool            // also matches where no country is known
	isIP      bool
	isCountry bool // of the address
	unsure    bool // may hold other places too; all that is known where it is neither of the two
}

// mfaTrustedIPs is how the trusted addresses of legacy per-user MFA settings stand
// in a list (general knowledge, UNCERTAIN). Graph does not show them; they are
// assumed absent.
const mfaTrustedIPs = "00000000-0000-0000-0000-000000000000"

// compilePlaces reads named locations. Countries told from the position of a
// phone, and networks recognised by a client, are not known from a sign-in.
// Source: NET (concept-assignment-network, 2024-05-22).
func compilePlaces(list []entra.NamedLocation, complete bool, problem func(id, what string)) *places {
	p := &places{complete: complete, byID: map[string]*place{}}
	for i := range list {
		l := &list[i]
		pl := &place{countries: map[string]bool{}}
		switch kind := strings.ToLower(l.ODataType); {
		case strings.HasSuffix(kind, "ipnamedlocation") || kind == "" && len(l.IPRanges) > 0:
			pl.isIP = true
			for _, r := range l.IPRanges {
				prefix, err := parseRange(r.CIDRAddress)
				if err != nil {
					pl.unsure = true
					problem(l.ID, "the range \""+r.CIDRAddress+"\" is not an address range")
					continue
				}
				pl.ranges = append(pl.ranges, prefix)
			}
			// Country locations cannot be trusted.
			if l.IsTrusted != nil && *l.IsTrusted {
				p.trusted = append(p.trusted, pl)
			}
		case strings.HasSuffix(kind, "countrynamedlocation") || kind == "" && len(l.CountriesAndRegions) > 0:
			for _, c := range l.CountriesAndRegions {
				pl.countries[strings.ToUpper(c)] = true
			}
			pl.unmapped = l.IncludeUnknownCountriesAndRegions != nil && *l.IncludeUnknownCountriesAndRegions
			pl.isCountry = l.CountryLookupMethod == "" || strings.EqualFold(l.CountryLookupMethod, "clientIpAddress")
			if !pl.isCountry {
				pl.unsure = true
				problem(l.ID, "the country is told by \""+l.CountryLookupMethod+"\", which a sign-in does not show")
			}
		default:
			pl.unsure = true
			problem(l.ID, "locations of the type \""+l.ODataType+"\" are not modelled")
		}
		for _, name := range unmodelled(l.Unmodelled) {
			if !slices.Contains(harmless, name) {
				pl.unsure = true
				problem(l.ID, name+" is not modelled")
			}
		}
		p.byID[strings.ToLower(l.ID)] = pl
	}
	return p
}

// parseRange reads a range, or an address alone as a range of one. IPv4 written as
// IPv6 is IPv4: sign-ins are compared in that form.
func parseRange(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
	}
	return prefix.Masked(), nil
}

func (pl *place) match(s *SignIn) answer {
	a := no
	if pl.isIP {
		if !s.IP.IsValid() {
			if len(pl.ranges) == 0 && !pl.unsure {
				return no
			}
			return answer{tri.Unsure, only(MemberIP)}
		}
		ip := s.IP.Unmap()
		for _, r := range pl.ranges {
			if r.Contains(ip) {
				return yes
			}
		}
	}
	if pl.isCountry {
		switch {
		case !s.Country.Known:
			return answer{tri.Unsure, only(MemberCountry)}
		case s.Country.Text == "":
			a = certainly(pl.unmapped)
		default:
			a = certainly(pl.countries[strings.ToUpper(s.Country.Text)])
		}
	}
	if pl.unsure {
		return a.or(unsure)
	}
	return a
}

// locationTest compiles locations. All is any address; AllTrusted is every IP
// location marked as trusted. Source: NET (2024-05-22).
func locationTest(l *entra.ConditionalAccessLocations, p *places, problem func(where, what string)) test {
	if l == nil || len(l.IncludeLocations) == 0 && len(l.ExcludeLocations) == 0 {
		return nil
	}
	in, out := p.list(l.IncludeLocations, "includeLocations", problem), p.list(l.ExcludeLocations, "excludeLocations", problem)
	if len(l.IncludeLocations) == 0 {
		in = func(*SignIn) answer { return yes }
	}
	match := func(s *SignIn) answer { return in(s).and(out(s).not()) }
	addresses, countries := p.whereabouts(slices.Concat(l.IncludeLocations, l.ExcludeLocations))
	return func(s *SignIn) answer {
		a := match(s)
		if a.value == tri.Unsure && a.needs != 0 {
			if b := anywhere(s, match, addresses, countries); b.value != tri.Unsure || b.needs == 0 {
				return b
			}
		}
		return a
	}
}

// mostWhereabouts bounds the pairs of address and country that are tried.
const mostWhereabouts = 1 << 14

// anywhere gives the answer that is the same wherever the sign-in may come from;
// else the answer hangs on what is missing.
func anywhere(s *SignIn, match test, addresses []netip.Addr, countries []string) answer {
	hangs := answer{tri.Unsure, only(MemberIP, MemberCountry)}
	at := *s
	if s.IP.IsValid() {
		addresses = []netip.Addr{s.IP}
	}
	if s.Country.Known {
		countries = []string{s.Country.Text}
	}
	if len(addresses)*len(countries) > mostWhereabouts {
		return hangs
	}
	var first answer
	for i, address := range addresses {
		for j, country := range countries {
			at.IP, at.Country = address, Is(country)
			a := match(&at)
			if i+j == 0 {
				first = a
			}
			if a.value != first.value {
				return hangs
			}
		}
	}
	return first
}

// whereabouts are addresses and countries by which listed places are told from one
// another: both ends of every range, what lies just outside, every country, one
// that is not listed, and none.
func (p *places) whereabouts(ids []string) (addresses []netip.Addr, countries []string) {
	addresses, countries = []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, []string{"", "-"}
	var hits []*place
	for _, id := range ids {
		if strings.EqualFold(id, "AllTrusted") {
			hits = append(hits, p.trusted...)
		} else if pl := p.byID[strings.ToLower(id)]; pl != nil {
			hits = append(hits, pl)
		}
	}
	for _, pl := range hits {
		for _, r := range pl.ranges {
			first, last := r.Addr(), LastAddr(r)
			for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
				if a.IsValid() {
					addresses = append(addresses, a)
				}
			}
		}
		countries = slices.AppendSeq(countries, maps.Keys(pl.countries))
	}
	return addresses, countries
}

// LastAddr is the last address of a range.
func LastAddr(r netip.Prefix) netip.Addr {
	b := r.Addr().AsSlice()
	for i := r.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func (p *places) list(ids []string, where string, problem func(where, what string)) test {
	var hits []*place
	a := no
	for _, id := range ids {
		switch {
		case strings.EqualFold(id, "All"):
			return func(*SignIn) answer { return yes }
		case strings.EqualFold(id, "AllTrusted"):
			hits = append(hits, p.trusted...)
			if !p.complete {
				a = unsure
			}
		case id == mfaTrustedIPs:
		case p.byID[strings.ToLower(id)] != nil:
			hits = append(hits, p.byID[strings.ToLower(id)])
		default:
			a = unsure
			what := "there is no named location \"" + id + "\""
			if !p.complete {
				what = "the named location \"" + id + "\" is not among those that could be read"
			}
			problem("conditions.locations."+where, what)
		}
	}
	return func(s *SignIn) answer {
		found := a
		for _, pl := range hits {
			if found = found.or(pl.match(s)); found.value == tri.Yes {
				return found
			}
		}
		return found
	}
}
