package tenantgen

import "time"

// work is the kind of work of a department: it decides licence, devices and how
// people prove themselves.
type work int

const (
	office work = iota
	frontline
	technical
)

type department struct {
	name   string
	weight int // share of the people
	work   work
}

var departments = []department{
	{"Production", 20, frontline}, {"Logistics", 11, frontline}, {"Stores", 15, frontline}, {"Customer Service", 9, office},
	{"Sales", 9, office}, {"Marketing", 3, office}, {"Finance", 4, office}, {"Human Resources", 2, office}, {"Legal", 1, office},
	{"IT", 3, technical}, {"Engineering", 7, technical}, {"Research", 4, technical}, {"Procurement", 2, office},
	{"Quality", 3, office}, {"Facilities", 2, frontline}, {"Communications", 1, office}, {"Strategy", 1, office}, {"Field Service", 3, frontline},
}

type country struct {
	name, code string
	weight     int
	region     string
	domain     string
	// network is where the offices' addresses are, second byte of 10.x in the
	// directory's eyes: a documentation range a reader recognises.
	network string
	works   bool // there is a factory
}

const (
	europe   = "Europe"
	americas = "Americas"
	asia     = "Asia Pacific"
)

// The company bought two others, whose people sign in through an identity provider
// of their own.
const (
	mainDomain      = "altamere.example"
	initialDomain   = "altamere.onmicrosoft.example"
	boughtDomain    = "corvane.example"
	boughtSubdomain = "jp.corvane.example"
	strictDomain    = "pellworth.example"
)

var countries = []country{
	{"Netherlands", "NL", 14, europe, mainDomain, "203.0.113.0/28", true},
	{"Germany", "DE", 13, europe, mainDomain, "203.0.113.16/28", true},
	{"United Kingdom", "GB", 8, europe, strictDomain, "203.0.113.32/28", false},
	{"France", "FR", 7, europe, mainDomain, "203.0.113.48/28", false},
	{"Poland", "PL", 7, europe, mainDomain, "203.0.113.64/28", true},
	{"Spain", "ES", 4, europe, mainDomain, "203.0.113.80/28", false},
	{"Sweden", "SE", 3, europe, mainDomain, "203.0.113.96/28", false},
	{"Italy", "IT", 3, europe, mainDomain, "203.0.113.112/28", false},
	{"Switzerland", "CH", 2, europe, mainDomain, "203.0.113.128/28", false},
	{"United States", "US", 13, americas, mainDomain, "203.0.113.144/28", true},
	{"Canada", "CA", 3, americas, mainDomain, "203.0.113.160/28", false},
	{"Mexico", "MX", 4, americas, mainDomain, "203.0.113.176/28", true},
	{"Brazil", "BR", 4, americas, boughtDomain, "203.0.113.192/28", true},
	{"Japan", "JP", 3, asia, boughtSubdomain, "203.0.113.208/28", false},
	{"India", "IN", 6, asia, mainDomain, "203.0.113.224/28", false},
	{"Singapore", "SG", 2, asia, mainDomain, "203.0.113.240/29", false},
	{"Australia", "AU", 2, asia, mainDomain, "203.0.113.248/30", false},
	{"South Korea", "KR", 2, asia, mainDomain, "203.0.113.252/31", false},
}

// level is how senior somebody is.
type level int

const (
	staff level = iota
	lead
	manager
	executive
)

// Most of these are short, so that rows have the length of real ones.
var givenNames = []string{
	"Ada", "Agnes", "Aiko", "Amina", "Arjun", "Astrid", "Bruno", "Carla", "Chidi", "Dana", "Daria", "Dilara", "Elif", "Emeka",
	"Farah", "Femke", "Filip", "Gesa", "Giulia", "Hana", "Hiroshi", "Ines", "Ivo", "Jelle", "Joana", "Kaito", "Kwame", "Lars",
	"Leila", "Lotte", "Magda", "Malik", "Marta", "Mei", "Mirjam", "Nadia", "Niels", "Noor", "Oksana", "Omar", "Paula", "Priya",
	"Quirin", "Rashid", "Rosa", "Sanne", "Selin", "Sofia", "Tamar", "Thandi", "Tomas", "Ursula", "Vikram", "Xenia", "Yusuf", "Zofia",
}

var familyNames = []string{
	"Abara", "Ahrens", "Aydin", "Bakker", "Banerjee", "Borowski", "Brandt", "Cordeiro", "Dahl", "Demir", "Eklund", "Engel",
	"Farouk", "Gallo", "Georgiou", "Haddad", "Hagen", "Hoekstra", "Ibarra", "Imamura", "Jansma", "Jelinek", "Kamara", "Keller",
	"Kuipers", "Laine", "Lindholm", "Maas", "Mbeki", "Menzel", "Moreau", "Nakamura", "Nowicki", "Nunes", "Okafor", "Osei",
	"Petrov", "Postma", "Quist", "Rahimi", "Reinders", "Rossi", "Sawicki", "Schilling", "Sharma", "Szulc", "Tanaka", "Terpstra",
	"Thiele", "Uzun", "Vos", "Walczak", "Weber", "Yilmaz", "Zeller", "Zijlstra",
}

var partners = []string{"brightwell.example", "nordkai.example", "kestrel-audit.example", "hollin-legal.example"}

// takenAt is the clock of every tenant, so that ages mean the same in all.
var takenAt = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// past is a moment of a working day, between two numbers of days before the
// snapshot was taken.
func (t *tenant) past(from, to int, place ...uint64) time.Time {
	x := t.draw(ofTime, place...)
	days := to + below(from-to, x)
	return takenAt.Add(-time.Duration(days)*24*time.Hour + time.Duration(below(11*3600, mix(x)))*time.Second)
}
