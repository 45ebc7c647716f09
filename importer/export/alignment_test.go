package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pupils are rows whose names stand in their addresses.
const pupils = "Ida Moen,ida.moen@example.com,Bonn\nTom Ruud,tom.ruud@example.com,Ulm\nEva Lund,eva.lund@example.com,Bonn\n" +
	"Per Dahl,per.dahl@example.com,Ulm\nKim Berg,kim.berg@example.com,Bonn\nNils Aas,nils.aas@example.com,Ulm\n" +
	"Siv Hagen,siv.hagen@example.com,Bonn\nOla Strand,ola.strand@example.com,Ulm\n"

const morePupils = "Gro Vik,gro.vik@example.com,Ulm\nJan Bakke,jan.bakke@example.com,Ulm\n"

// filledDown are rows with the name of the first of them.
const filledDown = "Ann Lee,bo.hart@a.example,Ulm\nAnn Lee,cy.orr@b.example,Ulm\nAnn Lee,di.falk@c.example,Ulm\nAnn Lee,ed.holm@d.example,Ulm\nAnn Lee,flo.kerr@e.example,Ulm\n"

// withInitials are rows of first and last names with addresses of an initial and the last one.
func withInitials(n int) (rows string) {
	for i := range n {
		c := string(rune('a' + i))
		rows += fmt.Sprintf("T%s,Falk%s,tfalk%s@example.com\n", c, c, c)
	}
	return rows
}

// unnamed are rows of people without names.
func unnamed(n int) (rows string) {
	for i := range n {
		rows += fmt.Sprintf(",someone%c%c@example.com,Ulm\n", 'a'+i/26, 'a'+i%26)
	}
	return rows
}

// colleagues are rows of n people whose names stand in their addresses.
func colleagues(n int) (rows string) {
	for i := range n {
		rows += fmt.Sprintf("K%[1]cm%[2]ct B%[1]cr%[2]ck,k%[1]cm%[2]ct.b%[1]cr%[2]ck@example.com,Ulm\n", 'a'+i%26, 'a'+i/26)
	}
	return rows
}

// married are five people whose addresses have another last name.
const married = "Ada Ost,ada.fjell@example.com,Ulm\nBea Sol,bea.holt@example.com,Ulm\nCia Nes,cia.wang@example.com,Ulm\n" +
	"Dag Rud,dag.lien@example.com,Ulm\nEli Sund,eli.krog@example.com,Ulm\n"

// rotated are three people with addresses of one another.
const rotated = "Ann Lee,bo.hart@example.com,Ulm\nBo Hart,cy.orr@example.com,Ulm\nCy Orr,ann.lee@example.com,Ulm\n"

// Addresses that are made of the names of others.
var witnesses = []struct {
	name, file string
	options    Options
	invalid    string // addresses of the rows that are rejected, with blanks between
	refused    string
	duplicates int
}{
	{name: "two rows swapped", file: "Name,Email,City\n" + pupils + "Ann Lee,bo.hart@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\n", invalid: "bo.hart@example.com ann.lee@example.com"},
	{name: "and glued, with numbers, the last name first", file: "Name,Email,City\n" + pupils + "Ann Lee,harbo7@example.com,Ulm\nBo Har,leeann.1@example.com,Ulm\n", invalid: "harbo7@example.com leeann.1@example.com"},
	{name: "and the row beside them", file: "Name,Email,City\n" + pupils + "Ann Lee,kiwi7@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\nCy Orr,bo.hart@example.com,Ulm\nDi Falk,di.falk@example.com,Ulm\nEd Holm,skater@example.com,Ulm\n", invalid: "kiwi7@example.com ann.lee@example.com bo.hart@example.com"},
	{name: "rows beside it where addresses often say nothing", file: "Name,Email,City\n" + pupils + "Cy Orr,kiwi7@example.com,Ulm\nAnn Lee,skater@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\nDi Falk,owl@example.com,Ulm\nEd Holm,fox@example.com,Ulm\n", invalid: "ann.lee@example.com"},
	{name: "and with initials", file: "Name,Email,City\n" + pupils + "Ann Lemon,bhart@example.com,Ulm\nBo Hart,alemon@example.com,Ulm\n", invalid: "bhart@example.com alemon@example.com"},
	{name: "apostrophes in names", file: "Name,Email,City\n" + pupils + "Jo O'Connor,joconnor@example.com,Ulm\nAl D'Angelo,adangelo@example.com,Ulm\nMia O’Brien,mia.obrien@example.com,Ulm\n"},
	{name: "two people of one family", file: "Name,Email,City\n" + pupils + "Ann Lee,bo.lee@example.com,Ulm\nBo Lee,ann.lee@example.com,Ulm\n", invalid: "bo.lee@example.com ann.lee@example.com"},
	{name: "the user says so", options: told("name", "Name"), file: "Name,Email,City\n" + pupils + "Ann Lee,bo.hart@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\n"},
	{name: "a maiden name that a namesake has", file: "Name,Email,City\n" + pupils + "Ann Lee,ann.jones@example.com,Ulm\nAnn Jones,ann.jones2@example.com,Ulm\n"},
	{name: "a name that nobody else has", file: "Name,Email,City\n" + pupils + "Ann Lee,ann.jones@example.com,Ulm\nBo Hart,kiwi7@example.com,Ulm\n"},
	{name: "an address of two rows is its owner's", file: "Name,Email,City\n" + pupils + "Bo Hart,ann.lee@example.com,Ulm\nAnn Lee,ann.lee@example.com,Ulm\nCy Orr,ann.lee@example.com,Ulm\n", invalid: "ann.lee@example.com ann.lee@example.com"},
	{name: "an address of two strangers", file: "Name,Email,City\n" + pupils + "Bo Hart,ann.lee@example.com,Ulm\nCy Orr,ann.lee@example.com,Ulm\nDi Falk,di.falk@example.com,Ulm\nAnn Lee,kiwi7@example.com,Ulm\n", invalid: "ann.lee@example.com ann.lee@example.com"},
	{name: "but not of two rows with one name", file: "Name,Email,City\n" + pupils + "Ann Jones,ann.lee@example.com,Ulm\nAnn Jones,ann.lee@example.com,Ulm\nAnn Lee,ann.lee2@example.com,Ulm\n", duplicates: 1},
	{name: "and a third row", file: "Name,Email,City\n" + pupils + "Bo Hart,ann.lee@example.com,Ulm\nAnn Lee,ann.lee@example.com,Ulm\nAnn Lee,ann.lee@example.com,Ulm\n", invalid: "ann.lee@example.com", duplicates: 1},
	{name: "first names moved without the last ones", file: "First name,Last name,Email\nBo,Lee,ann.lee@example.com\nCy,Hart,bo.hart@example.com\nDi,Orr,cy.orr@example.com\nEd,Moen,di.moen@example.com\nAnn,Ruud,ed.ruud@example.com\n", refused: "names of 5 rows"},
	{name: "first and last names swapped in the header", file: "First name,Last name,Email\nLee,Ann,alee@example.com\nHart,Bo,b.hart@example.com\nOrr,Cy,kiwi7@example.com\nMoen,Dee,dmoen2@example.com\n", refused: "3 addresses are made as djohn@"},
	{name: "and in a quarter of the rows", file: "First name,Last name,Email\n" + withInitials(11) + "Lee,Ann,alee@example.com\nHart,Bo,bhart@example.com\nMoen,Dee,dmoen@example.com\n", refused: "3 addresses are made as djohn@"},
	{name: "but few of many may be made so", file: "First name,Last name,Email\n" + withInitials(12) + "Lee,Ann,alee@example.com\nHart,Bo,bhart@example.com\nMoen,Dee,dmoen@example.com\n"},
	{name: "and two rows prove nothing", file: "First name,Last name,Email\nLee,Ann,alee@example.com\nHart,Bo,b.hart@example.com\n"},
	{name: "first names alone under their header, with the last name first", file: "First name,Email\nLee Ann,alee@example.com\nHart Bo,bhart@example.com\nMoen Dee,dmoen@example.com\n"},
	{name: "last names alone under their header, with a first name behind", file: "Last name,Email\nLee Ann,alee@example.com\nHart Bo,bhart@example.com\nMoen Dee,dmoen@example.com\n"},
	{name: "the last name first in addresses is no sign", file: "First name,Last name,Email\nAnn,Lee,lee.ann@example.com\nBo,Hart,hart.bo@example.com\nDee,Moen,moen.dee@example.com\nEd,Ruud,ruude@example.com\n"},
	{name: "nor is a full name", file: "Name,Email\nLee Ann,alee@example.com\nHart Bo,bhart@example.com\nMoen Dee,dmoen@example.com\n"},
	{name: "nor where the last name is first by custom", file: "성 (Last name),이름 (First name),Email\nLee,Ann,lann@example.com\nHart,Bo,hbo@example.com\nMoen,Dee,mdee@example.com\n"},
	{name: "nor there an initial of the first one", file: "성 (Last name),이름 (First name),Email\nLee,Ann,alee@example.com\nHart,Bo,bhart@example.com\nMoen,Dee,dmoen@example.com\n"},
	{name: "four children with their mothers' addresses prove nothing", file: "Name,Email\nTom Lee,ann.lee@example.com\nEva Hart,bo.hart@example.com\nIda Orr,cy.orr@example.com\nPer Moen,di.moen@example.com\n"},
	{name: "first names alone, and whole ones in the addresses", file: "Name,Email\nIda,ida.moen@example.com\nTom,tom.ruud@example.com\nEva,eva.lund@example.com\nPer,per.dahl@example.com\nKim,kim.berg@example.com\nNils,nils.aas@example.com\n"},
	{name: "names in other letters, and other forms of them in the addresses", file: "ФИО,Email\nПётр Иванов,peter.ivanov@example.com\nЕвгений Орлов,eugene.orlov@example.com\nМихаил Зуев,michael.zuev@example.com\nПавел Громов,paul.gromov@example.com\nЕкатерина Белова,kate.belova@example.com\nНиколай Титов,nick.titov@example.com\n"},
	{name: "numbers for addresses say nothing of the others, QQ", file: "Name,Email\nLi Wei,10001@qq.example\nWang Fang,10002@qq.example\nZhao Min,10003@qq.example\nChen Jie,10004@qq.example\nYang Li,10005@qq.example\nLiu Qiang,10006@qq.example\nXu Na,10007@qq.example\nSun Yu,10008@qq.example\nMa Lan,10009@qq.example\nZhu Hao,10010@qq.example\nGuo Bin,10011@qq.example\nHe Ping,10012@qq.example\n" + strings.ReplaceAll(rotated, ",Ulm", ""), refused: "names of 3 rows"},
	{name: "names of three words in the addresses of others", file: "Name,Email,City\n" + colleagues(5) + "Ann Lee,jberg@example.com,Ulm\n" + pupils + "Jan van Berg,edelacruz@example.com,Ulm\n" + morePupils + "Eva de la Cruz,ann.lee@example.com,Ulm\n", invalid: "jberg@example.com edelacruz@example.com ann.lee@example.com"},
	{name: "last names alone in the addresses, moved by a row", file: "Name,Email\nAnn Lee,hart@example.com\nBo Hart,orr@example.com\nCy Orr,falk@example.com\nDi Falk,lee@example.com\n", refused: "names of 4 rows"},
	{name: "three of one family with the addresses of one another", file: "Name,Email,City\n" + pupils + "Ann Lee,bo.lee@example.com,Ulm\nBo Lee,cy.lee@example.com,Ulm\nCy Lee,ann.lee@example.com,Ulm\n", invalid: "bo.lee@example.com cy.lee@example.com ann.lee@example.com"},
	{name: "three rows among those of married people", file: "Name,Email,City\n" + pupils + morePupils + married + "Gus Ek,gus.ek@example.com,Ulm\n" + rotated, invalid: "bo.hart@example.com cy.orr@example.com ann.lee@example.com"},
	{name: "five rows beside one another that are found one by one", file: "Name,Email,City\n" + colleagues(21) + rotated + "Di Falk,ed.holm@example.com,Ulm\nEd Holm,di.falk@example.com,Ulm\n", invalid: "bo.hart@example.com cy.orr@example.com ann.lee@example.com ed.holm@example.com di.falk@example.com"},
	{name: "three strange addresses beside one another, of many", file: "Name,Email,City\n" + colleagues(130) + "Ann Lee,kiwi7@example.com,Ulm\nBo Hart,skater@example.com,Ulm\nCy Orr,owl@example.com,Ulm\n"},
	{name: "a few colleagues, and below them pupils with strange addresses", file: "Name,Email,City\n" + colleagues(4) + "Ann Lee,kiwi7@a.example,Ulm\nBo Hart,skater@a.example,Ulm\nCy Orr,owl@a.example,Ulm\nDi Falk,fox@a.example,Ulm\nEd Holm,drum@a.example,Ulm\nFlo Kerr,zebra@a.example,Ulm\nGus Ek,pixel@a.example,Ulm\nHal Ny,lily4@a.example,Ulm\nIna Rø,tiger@a.example,Ulm\n"},
	{name: "a row between that has a part of its own name", file: "Name,Email,City\n" + pupils + "Ann Lee,bo.hart@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\nCy Orr,cy.falk@example.com,Ulm\n", invalid: "bo.hart@example.com ann.lee@example.com"},
	{name: "and the row below them", file: "Name,Email,City\n" + pupils + "Ann Lee,bo.hart@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\nCy Orr,kiwi7@example.com,Ulm\n", invalid: "bo.hart@example.com ann.lee@example.com kiwi7@example.com"},
	{name: "a row that is rejected says nothing of those beside it", file: "Name,Email,City\n" + pupils + "Ann Lee,kiwi7@example.com,Ulm\nBo Hart,ann.lee@example.com,Ulm\nCy Orr,skater@example.com,Ulm\nDi Falk,owl@example.com,Ulm\n", invalid: "ann.lee@example.com"},
	{name: "two people share an address of a role", file: "Name,Email,City\n" + pupils + "Ann Lee,info@example.com,Ulm\nBo Hart,info@example.com,Ulm\n", duplicates: 1},
	{name: "logins in the addresses", file: "Name,Email,Username\n" + strings.NewReplacer("Bonn", "u1", "Ulm", "u2").Replace(pupils) + "Bo Hart,kiwi7@example.com,kiwi7\n"},
	{name: "children with their mothers' addresses", file: "Name,Email\nTom Lee,ann.lee@example.com\nEva Hart,bo.hart@example.com\nIda Orr,cy.orr@example.com\nPer Moen,di.moen@example.com\nSiv Ruud,ed.ruud@example.com\n", refused: "names of 5 rows"},
	{name: "initials in the names", file: "Name,Email\nA. Lee,ann.lee@example.com\nB. Hart,bo.hart@example.com\nC. Orr,cy.orr@example.com\nD. Moen,di.moen@example.com\nE. Ruud,ed.ruud@example.com\n"},
	{name: "first names sorted, and addresses with initials", file: "First name,Last name,Email\nAnn,Hart,bhart@example.com\nBo,Falk,cfalk@example.com\nCy,Moen,dmoen@example.com\nDi,Ruud,eruud@example.com\nEd,Berg,aberg@example.com\n", refused: "names of 5 rows"},
	{name: "a name filled down", file: "Name,Email,City\n" + pupils + morePupils + filledDown, refused: "names of 5 rows from here on"},
	{name: "an address filled down as a series", file: "Name,Email,City\n" + colleagues(21) + "Ann Lee,ann.lee1@example.com,Ulm\nBo Hart,ann.lee2@example.com,Ulm\nCy Orr,ann.lee3@example.com,Ulm\nDi Falk,ann.lee4@example.com,Ulm\nEd Holm,ann.lee5@example.com,Ulm\nFlo Kerr,ann.lee6@example.com,Ulm\n", refused: "names of 5 rows from here on"},
	{name: "a few rows of one name", file: "Name,Email,City\n" + pupils + morePupils + filledDown[:strings.Index(filledDown, "Ann Lee,cy")]},
	{name: "roles beside one another", file: "Name,Email,City\n" + pupils + morePupils + strings.NewReplacer("bo.hart@a", "info@a", "cy.orr@b", "info@b", "di.falk@c", "info@c", "ed.holm@d", "info@d", "flo.kerr@e", "info@e").Replace(filledDown)},
	{name: "rows without names say nothing of the others", file: "Name,Email,City\n" + strings.NewReplacer("Ida Moen,", ",", "Eva Lund,", ",", "Kim Berg,", ",", "Tom Ruud,tom.ruud", "Tom Ruud,owl", "Per Dahl,per.dahl", "Per Dahl,fox", "Nils Aas,", ",", "Siv Hagen,", ",", "Gro Vik,", ",").Replace(pupils+morePupils) + unnamed(60) + filledDown},
	{name: "rows beside one another where names often differ", file: "Name,Email,City\n" + strings.NewReplacer("ida.moen", "kiwi7", "eva.lund", "skater", "kim.berg", "owl").Replace(pupils) + morePupils + filledDown},
	{name: "another cell has the name", file: "Name,Email,Company\n" + pupils + "Acme Ltd,ann.lee@example.com,Ann Lee\nBo Hart,kiwi7@example.com,Ann Lee\n", invalid: "ann.lee@example.com"},
	{name: "but not where the user names the column", options: told("name", "Name"), file: "Name,Email,Company\n" + pupils + "Acme Ltd,ann.lee@example.com,Ann Lee\n"},
	{name: "nor in a file of ours", file: "Name,Email,Company,jsm_reason\n" + pupils + "Acme Ltd,ann.lee@example.com,Ann Lee\n"},
	{name: "but not a group of several rows", file: "Name,Email,Groups\n" + strings.NewReplacer("Bonn", "Support;Billing", "Ulm", "Support").Replace(pupils) + "Ann Lee,billing@example.com,Support;Billing\n"},
	{name: "a further address with the name", file: "Name,Email,City\n" + pupils + "Ann Lee,kiwi7@example.com / ann@home.example,Ulm\n"},
	{name: "initials in one part of the address", file: "Name,Email,City\n" + pupils + "J R Vance,jr.vance@example.com,Ulm\nD. B. Cooper,dbcooper@example.com,Ulm\n"},
	{name: "but for how it sounds", file: "Name,Email,Romaji\n" + pupils + "鈴木 千尋,chihiro.suzuki@example.com,Chihiro Suzuki\n"},
	{name: "another cell has the name, and the address an initial", file: "Email,Name,City,Notes\nida.moen@example.com,Ida Moen,Bonn,\ntom.ruud@example.com,Tom Ruud,Ulm,x\neva.lund@example.com,Eva Lund,Ulm,y\naberg@example.com,Dept 4,Ann Berg,Bonn\n", invalid: "aberg@example.com"},
	{name: "a cell with the first name alone", file: "Name,Email,Notes\n" + pupils + "Acme Ltd,ann.lee@example.com,Ann Berg\n"},
	{name: "names that seldom stand in the addresses", file: "Name,Email,City\nBo Hart,kiwi7@example.com,Ulm\nCy Orr,skater@example.com,Ulm\nAcme Ltd,ann.lee@example.com,Ann Lee\n"},
	{name: "and one that a form has sent", file: "Name,Email,City\nBo Hart,kiwi7@example.com,Ulm\nCy Orr,skater@example.com,Ulm\nAcme Ltd,Web form <ann.lee@example.com>,Ann Lee\n"},
	{name: "the manager's address after a cell that is missing", file: "Name,Email,Manager email\nIda Moen,ida.moen@example.com,kari@ours.example\nTom Ruud,tom.ruud@example.com,kari@ours.example\nEva Lund,kari@ours.example\nPer Dahl,per.dahl@example.com,kari@ours.example\n", invalid: "kari@ours.example"},
	{name: "a short row where no other address may have stood", file: "Name,Email,City\n" + pupils + "Eva Lund,kiwi7@example.com\n"},
}

func TestAddressesOfOthers(t *testing.T) {
	for _, c := range witnesses {
		t.Run(c.name, func(t *testing.T) {
			s, rows := readOrRefuse(t, c.file, c.options, c.refused)
			if c.refused != "" {
				return
			}
			var invalid []string
			for _, r := range rows {
				if r.Invalid != "" {
					invalid = append(invalid, r.Email)
				}
			}
			if got := strings.Join(invalid, " "); got != c.invalid {
				t.Errorf("rejected: %q, want %q", got, c.invalid)
			}
			if s.Invalid != len(invalid) || s.Valid != len(rows)-len(invalid) {
				t.Errorf("the plan has %d valid and %d invalid rows, the rows are %d and %d", s.Valid, s.Invalid, len(rows)-len(invalid), len(invalid))
			}
			duplicates := len(slices.DeleteFunc(rows, func(r *Row) bool { return r.DuplicateOf == (Place{}) }))
			if s.Duplicates != c.duplicates || duplicates != c.duplicates {
				t.Errorf("%d duplicates in the plan, %d in the rows, want %d", s.Duplicates, duplicates, c.duplicates)
			}
			if problems := problemOf(s, "anothers_address"); problems != len(invalid) {
				t.Errorf("the plan counts %d addresses of others", problems)
			}
		})
	}
}

// problemOf is how often a problem is in the plan.
func problemOf(s *Survey, kind string) int {
	i := slices.IndexFunc(s.Problems, func(p Problem) bool { return p.Kind == kind })
	if i < 0 {
		return 0
	}
	return s.Problems[i].Count
}

// A row that was rejected for its address is rejected again in the failed file, until its reason is emptied.
func TestAddressOfAnotherUntilItIsSaid(t *testing.T) {
	t.Parallel()
	reason := kindOf("anothers_address").reason() + "; " + uncorrected.Hint
	file := "Name,Email,jsm_status,jsm_reason\nAnn Lee,bo.hart@example.com,invalid," + reason + "\nBo Hart,ann.lee@example.com,,\nIda Moen,ida.moen@example.com,,\n"
	_, rows := readOrRefuse(t, file, Options{}, "")
	if got := peopleOf(rows); got != "!|ann.lee@example.com=Bo Hart|ida.moen@example.com=Ida Moen" {
		t.Error(got)
	}
}

// Names beyond the first rows are not compared: a million rows are read in seconds.
func TestAddressesOfOthersFarDown(t *testing.T) {
	t.Parallel()
	file := "Name,Email,City\n" + strings.Repeat(colleagues(100), alignmentRows/100)
	s, _ := readOrRefuse(t, file+rotated+"Acme Ltd,di.falk@example.com,Di Falk\n", Options{}, "")
	if s.Invalid > 0 || s.Valid != alignmentRows+4 {
		t.Errorf("%d rows are valid, %d are not", s.Valid, s.Invalid)
	}
}

// Initials in addresses show names that were moved, too; but not those of middle names, nor a letter before a number.
func TestInitialsThatAreOthers(t *testing.T) {
	first := strings.Fields("Anna Uwe Pia Max Eva Tom Ida Ben Lea Rob")
	last := strings.Fields("Berg Dahl Koch Lenz Mohr Roth Sahl Vogt Wirz Zorn")
	for name, tc := range map[string]struct {
		address func(i int) string
		by      [2]int // how far first and last names were moved
		refused bool
	}{
		"a.berg":       {func(i int) string { return first[i][:1] + "." + last[i] }, [2]int{1, 0}, true},
		"a.berg right": {func(i int) string { return first[i][:1] + "." + last[i] }, [2]int{}, false},
		"anna.b":       {func(i int) string { return first[i] + "." + last[i][:1] }, [2]int{0, 1}, true},
		"anna.q.berg":  {func(i int) string { return first[i] + ".q." + last[i] }, [2]int{}, false},
		"p17":          {func(i int) string { return "p" + strconv.Itoa(i) }, [2]int{}, false},
	} {
		file := "First name,Last name,Email\n"
		for i := range first {
			file += first[(i+tc.by[0])%10] + "," + last[(i+tc.by[1])%10] + "," + tc.address(i) + "@example.com\n"
		}
		t.Run(name, func(t *testing.T) {
			words := map[bool]string{true: "are not those in their addresses"}[tc.refused]
			if s, _ := readOrRefuse(t, file, Options{}, words); !tc.refused && s.Valid != len(first) {
				t.Errorf("%d rows are valid", s.Valid)
			}
		})
	}
}
