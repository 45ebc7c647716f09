package export

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A situation is a file, and what must come out of it: the rows by line, what
// was repaired, how many lines were passed over; or why it is refused.
type situation struct {
	name    string
	file    string
	options Options
	rows    []string
	repairs []string
	skipped int
	refused string // part of the refusal, its line first
}

const ab = "email,name\n"

func situations() []situation {
	long := strings.Repeat("x", 1<<20)
	return []situation{
		{name: "plain", file: ab + "a@example.com,Ann\nb@example.com,Bob\n", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}},
		{name: "no line end at the end", file: ab + "a@example.com,Ann", rows: []string{"2 a@example.com Ann"}},

		// Encodings.
		{name: "UTF-8 with mark", file: "\xef\xbb\xbf" + ab + "a@example.com,José\n", rows: []string{"2 a@example.com José"}},
		{name: "an encoding that is not known", file: ab + "ibrahim.ogut@example.com,\x98brahim \x99\xa7\x81t\nayse.caglar@example.com,Ay\x9fe \x80a\xa7lar\n", refused: "its encoding is not certain"},
		{name: "UTF-8 with mark and quoted header", file: "\xef\xbb\xbf\"email\",\"name\"\n\"a@example.com\",\"José\"\n", rows: []string{"2 a@example.com José"}},
		{name: "UTF-16LE with mark", file: "\xff\xfe" + utf16le(ab+"a@example.com,Łukasz\n"), rows: []string{"2 a@example.com Łukasz"}},
		{name: "UTF-16BE with mark", file: "\xfe\xff" + utf16be(ab+"a@example.com,山田\n"), rows: []string{"2 a@example.com 山田"}},
		{name: "UTF-32LE with mark", file: "\xff\xfe\x00\x00" + utf32le(ab+"a@example.com,José\n"), rows: []string{"2 a@example.com José"}},
		{name: "UTF-16LE without mark", file: utf16le(ab + "a@example.com,José\n"), rows: []string{"2 a@example.com José"}, repairs: []string{"not_utf8×1"}},
		{name: "UTF-16LE without mark, a few Japanese names", file: utf16le(ab + "a@example.com,山田\n"), rows: []string{"2 a@example.com 山田"}, repairs: []string{"not_utf8×1"}},
		{name: "UTF-16BE without mark", file: utf16be(ab + "a@example.com,José\n"), rows: []string{"2 a@example.com José"}, repairs: []string{"not_utf8×1"}},
		{name: "mark in mid-file", file: ab + "a@example.com,Ann\n\xef\xbb\xbf" + ab + "\xef\xbb\xbfb@example.com,Bob\n",
			rows: []string{"2 a@example.com Ann", "4 b@example.com Bob"}, repairs: []string{"bom_inside×2", "repeated_header×1"}, skipped: 1},
		{name: "Windows-1252", file: ab + "a@example.com,Jos\xe9\nb@example.com,Ann\nc@example.com,O\x92Neill\n",
			rows: []string{"2 a@example.com José", "3 b@example.com Ann", "4 c@example.com O’Neill"}, repairs: []string{"not_utf8×1"}},
		{name: "mixed encodings", file: ab + "a@example.com,Jos\xe9\nb@example.com,José\nc@example.com,Ann\n",
			rows: []string{"2 !row_not_utf8 (no address) +a@example.com", "3 b@example.com José", "4 c@example.com Ann"}},
		{name: "signs that are no letters", file: "email,name,x\na@example.com,Jos\xe9 M\xaa,\xbfQu\xe9?\nb@example.com,Bob,Acme\xae 25\xb0C 10m\xb2 \xbd\n", rows: []string{"2 a@example.com José Mª", "3 b@example.com Bob"}, repairs: []string{"not_utf8×1"}},
		{name: "bytes that Windows-1252 has not", file: ab + "a@example.com,M\x81ller\n", rows: []string{"2 a@example.com Müller"}, repairs: []string{"not_utf8×1"}},
		{name: "Windows-1251", file: ab + "a@example.com,\xc8\xe2\xe0\xed\xee\xe2 \xcf\xe5\xf2\xf0\n", refused: "--encoding"},
		{name: "Windows-1251 as told", file: ab + "a@example.com,\xc8\xe2\xe0\xed\n", options: Options{Encoding: "windows-1251"}, rows: []string{"2 a@example.com Иван"}},
		{name: "Windows-1250 read as 1252 shows by its symbols", file: ab + "a@example.com,Jos\xe9\nb@example.com,\xa3ukasz\n",
			rows: []string{"2 a@example.com José", "3 b@example.com Łukasz"}, repairs: []string{"not_utf8×1"}},
		{name: "Mac Roman read as Windows-1252 shows by its capitals", file: ab + "a@example.com,Jos\x8e\n", rows: []string{"2 a@example.com José"}, repairs: []string{"not_utf8×1"}},
		{name: "Windows-1250 shows by its header", file: "Jm\xe9no;P\xf8\xedjmen\xed;E-mail\nJi\xf8\xed;Dvo\xf8\xe1k;a@example.com\n", rows: []string{"2 a@example.com Jiří Dvořák"}, repairs: []string{"not_utf8×1"}},
		{name: "and one of names alone does not", file: "Jmeno;Prijmeni;E-mail\nJi\xf8\xed;Dvo\xf8\xe1k;a@example.com\n", refused: "windows-1252: Jiøí Dvoøák\nwindows-1250: Jiří Dvořák"},
		{name: "Windows-1250 as told", file: "Jm\xe9no;P\xf8\xedjmen\xed;E-mail\nJi\xf8\xed;Dvo\xf8\xe1k;a@example.com\n", options: Options{Encoding: "windows-1250"}, rows: []string{"2 a@example.com Jiří Dvořák"}},
		{name: "Windows-1254 shows by its header", file: "Ad\xfd;Soyad\xfd;E-Posta\nAy\xfee;Y\xfdlmaz;a@example.com\n", rows: []string{"2 a@example.com Ayşe Yılmaz"}, repairs: []string{"not_utf8×1"}},
		{name: "an encoding in which the columns are not certain", file: "Name,Xyz,Email\nSales East,Ji\xf8\xed Dvo\xf8\xe1k,jiri.dvorak@example.cz\nSales West,Petr \xd8ezn\xedk,petr.reznik@example.cz\n", refused: "the addresses speak for the names in"},
		{name: "an encoding in which other columns have the names", file: "Name,Xyz,Email\nSales East,Ji\xf8\xed Dvo\xf8\xe1k,jiri.dvorak@example.cz\nSales West,\xd8eho\xf8 K\xf8\xed\x9e,rehor.kriz@example.cz\nJ\xfcrgen Ost,,juergen.ost@example.de\n", refused: "its encoding is not certain"},
		{name: "letters of a title line are not sent", file: "Ji\xf8\xed\nname;email\nJos\xe9;a@example.com\n", rows: []string{"3 a@example.com José"}, repairs: []string{"not_utf8×1", "title_lines×1"}, skipped: 1},
		{name: "another encoding shows by many names", file: ab + "a@example.com,Zi\xeaba\nb@example.com,\xa3ukasz\nc@example.com,Micha\xb3\n", rows: []string{"2 a@example.com Zięba", "3 b@example.com Łukasz", "4 c@example.com Michał"}, repairs: []string{"not_utf8×1"}},
		{name: "and is taken when it is told", file: ab + "b@example.com,Jos\xe9\x80\nc@example.com,Micha\xb3\n", options: Options{Encoding: "windows-1252"}, rows: []string{"2 b@example.com José€", "3 !name_lost_letters"}},
		{name: "lost letter in a name", file: ab + "a@example.com,Jos\ufffd\n", rows: []string{"2 !name_lost_letters"}},
		{name: "encoded twice", file: ab + "a@example.com,JosÃ©\n", rows: []string{"2 !name_lost_letters"}},
		{name: "unknown encoding", file: ab, options: Options{Encoding: "klingon"}, refused: "not refused: --encoding"},

		// Delimiters.
		{name: "semicolons", file: "name;email\nAnn;a@example.com\n", rows: []string{"2 a@example.com Ann"}},
		{name: "semicolons and commas in cells", file: "name;email;notes\nSmith, Ann;a@example.com;x, y\nBob, B;b@example.com;z, w\n",
			rows: []string{"2 a@example.com Smith, Ann", "3 b@example.com Bob, B"}},
		{name: "tabs", file: "name\temail\tphone\nAnn\ta@example.com\t\n", rows: []string{"2 a@example.com Ann"}},
		{name: "empty cells between tabs", file: "phone\tname\temail\n\tAnn\ta@example.com\n", rows: []string{"2 a@example.com Ann"}},
		{name: "pipes", file: "name|email\nAnn|a@example.com\n", rows: []string{"2 a@example.com Ann"}},
		{name: "another delimiter, told", file: "name^email\nAnn^a@example.com\n", options: Options{Delimiter: "^"}, rows: []string{"2 a@example.com Ann"}},
		{name: "two delimiters fit", file: "email,x;email\na@example.com,y;b@example.com\n", refused: "the delimiter could be comma or semicolon"},
		{name: "sep line", file: "sep=;\nname;email\nAnn;a@example.com\n", rows: []string{"3 a@example.com Ann"}, skipped: 1},
		{name: "one column", file: "email\na@example.com\nb@example.com\n", rows: []string{"2 a@example.com a@example.com", "3 b@example.com b@example.com"}, repairs: []string{"no_name_column×1"}},

		// Before the header.
		{name: "title lines", file: "Customers of 2025\n\n" + ab + "a@example.com,Ann\n", rows: []string{"4 a@example.com Ann"}, repairs: []string{"title_lines×1"}, skipped: 2},
		{name: "type line", file: "#TYPE Selected.ADUser\n\"email\",\"name\"\n\"a@example.com\",\"Ann\"\n", rows: []string{"3 a@example.com Ann"}, skipped: 1},
		{name: "version line", file: "version:v1.0\n" + ab + "a@example.com,Ann\n", rows: []string{"3 a@example.com Ann"}, skipped: 1},
		{name: "a line of dashes below the header", file: " id | name    | email\n----+---------+----------------\n  1 | Ann Lee | a@example.com\n  2 | Bob     | b@example.com\n(2 rows)\n",
			rows: []string{"3 a@example.com Ann Lee", "4 b@example.com Bob"}, repairs: []string{"footer×1", "stray_directive×1"}, skipped: 2},
		{name: "a text table", file: "| name | email |\n| --- | --- |\n| Ann | a@example.com |\n", rows: []string{"3 a@example.com Ann"}, repairs: []string{"stray_directive×1"}, skipped: 1},
		{name: "the header below a row", file: "Ann,a@example.com\nname,email\nBob,b@example.com\n", refused: "1 no header names a column of e-mail addresses in the first 20 lines [delete the lines above the header"},
		{name: "as many title lines as are passed over", file: titles(19) + "name,email\nAnn,a@example.com\n", rows: []string{"21 a@example.com Ann"}, repairs: []string{"title_lines×19"}, skipped: 19},
		{name: "title lines above a column that is told", file: titles(2) + "name,contact\nAnn,a@example.com\n", options: Options{Columns: map[Field]string{Email: "contact"}}, rows: []string{"4 a@example.com Ann"}, repairs: []string{"title_lines×2"}, skipped: 2},
		{name: "one more", file: titles(20) + "name,email\nAnn,a@example.com\n", refused: "1 no header names a column of e-mail addresses in the first 20 lines"},
		{name: "many, with blank lines and line breaks", file: strings.Repeat("\n", 30) + titles(25) + "\"x\ny\"\nname;email\nAnn;a@example.com\nBob;b@example.com\n", refused: "31 no header names a column"},
		{name: "many above a column that is told", file: titles(25) + "name,contact\nAnn,a@example.com\n", options: Options{Columns: map[Field]string{Email: "contact"}}, refused: "1 no header names a column of e-mail addresses in the first 20 lines"},
		{name: "many, and above them people", file: "Bob,b@example.com\n" + titles(25) + "name,email\nAnn,a@example.com\n", refused: "1 no header names a column of e-mail addresses"},
		{name: "many, and no address below", file: titles(25) + "name,email\nAnn,x\nBob,y\n", refused: "1 no header names a column of e-mail addresses"},
		{name: "too many to look further", file: titles(200) + "name,email\nAnn,a@example.com\n", refused: "1 no header names a column of e-mail addresses"},
		{name: "an address in a title line", file: "Exported by a@example.com\nname,email,x\nBob,b@example.com,\n", rows: []string{"3 b@example.com Bob"}, repairs: []string{"title_lines×1"}, skipped: 1},
		{name: "a row above the header", file: "Customers\nAnn,a@example.com\nname,email\nBob,b@example.com\n", refused: "1 no header names a column of e-mail addresses in the first 20 lines [delete the lines above the header"},
		{name: "one column without header", file: "a@example.com\nb@example.com\n", refused: "[use --no-header --column email=1 "},
		{name: "another delimiter", file: "name^email\nAnn^a@example.com\n", refused: "separates the cells, use --delimiter"},
		{name: "all lines in quotes", file: "\"name,\"\"email\"\"\"\n\"Ann,\"\"a@example.com\"\"\"\n", refused: "if whole lines stand in quotes, make the export again"},
		{name: "all lines in quotes, and cells after them", file: "\"name,email\";;\n\"Ann,a@example.com\";;\n", refused: "if whole lines stand in quotes, make the export again"},
		{name: "who made the file, with an address", file: "Made by:,a@example.com\nname,email\nBob,b@example.com\n", refused: "1 no header names a column of e-mail addresses in the first 20 lines [delete the lines above the header"},
		{name: "no header", file: "a@example.com,Ann\nb@example.com,Bob\n", refused: "1 the first line holds an address"},
		{name: "no header, told", file: "Ann,a@example.com\nBob,b@example.com\n", options: Options{NoHeader: true, Columns: map[Field]string{Email: "2", Name: "1"}},
			rows: []string{"1 a@example.com Ann", "2 b@example.com Bob"}},
		{name: "header without an address column", file: "contact,name\na@example.com,Ann\n", refused: "--column email=contact"},
		{name: "a sep line above it", file: "sep=;\ncontact;name\na@example.com;Ann\n", refused: "--column email=contact"},
		{name: "no such column", file: ab + "a@example.com,Ann\n", options: Options{Columns: map[Field]string{Email: "Mail"}}, refused: "the columns are: email, name"},

		// Columns.
		{name: "two columns of addresses", file: "work email,email,name\na@example.com,b@example.com,Ann\n", refused: "could be the address"},
		{name: "a second column fits as well", file: "email,name,billing\na@example.com,Ann,b@example.com\n", refused: "could be the address"},
		{name: "further addresses within a text", file: "Name,Email,Email 2\nAnn,a@example.com,\"ask Bo (bo@example.net), or o'brien@example.net.\"\nO'Hara,o'hara@example.com,O'Hara <o'hara@example.com>\n",
			rows: []string{"2 a@example.com Ann +bo@example.net +o'brien@example.net", "3 o'hara@example.com O'Hara"}},
		{name: "a second column with a few further addresses", file: "Name,Email,Work Email\nAnn,a@example.com,\nBob,b@example.com,\nCy,c@example.com,\nDi,d@example.com,\nEd,e@example.com,e@example.net\n",
			refused: "could be the address"},
		{name: "a second column that fills gaps", file: "Name,Email,Work Email\nAnn,a@example.com,\nBob,b@example.com,\nCy,c@example.com,\nDi,d@example.com,\nEd,e@example.com,\nFay,,f@example.com\n", refused: "could be the address"},
		{name: "the one with the better header is nearly empty", file: "Name,Email,Work Email\nAnn,,a@example.com\nBob,,b@example.com\nCy,,c@example.com\nDi,,d@example.com\nEd,e@example.net,e@example.com\n", refused: "could be the address"},
		{name: "owners in one word, and by other titles", file: "Vorname,Nachname,E-Mail-Adresse,Kontaktinhaber,Account Executive\nAnn,Lee,a@example.com,o@example.com,x@example.com\n,Ray,,o@example.com,x@example.com\n",
			rows: []string{"2 a@example.com Ann Lee", "3 !no_address"}},
		{name: "columns that say the same", file: "email,login,mail,name\na@example.com,a@example.com,A@example.com,Ann\n", rows: []string{"2 a@example.com Ann"}},
		{name: "never the owner's or manager's address", file: "Owner email,Manager Email,Recovery Email,Email,Name\no@example.com,m@example.com,r@example.net,a@example.com,Ann\n",
			rows: []string{"2 a@example.com Ann +r@example.net"}},
		{name: "column of addresses holds none", file: "email,name,x\nyes,Ann,a@example.com\nno,Bob,b@example.com\n", refused: "--column email=x"},
		{name: "column, told", file: "email,name,x\nyes,Ann,a@example.com\n", options: Options{Columns: map[Field]string{Email: "x"}}, rows: []string{"2 a@example.com Ann"}},
		{name: "duplicate header", file: "email,name,email\n,Ann,a@example.com\nb@example.com,Bob,\n", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}, repairs: []string{"duplicate_header×1"}},
		{name: "duplicate header with other addresses", file: "email,name,email\na@example.com,Ann,x@example.com\nb@example.com,Bob,y@example.com\n", refused: "could be the address [use the right one: --column email=1 or --column email=3"},
		{name: "empty header", file: ",email,name\n1,a@example.com,Ann\n", rows: []string{"2 a@example.com Ann"}},
		{name: "first and last name", file: "First Name,Last Name,E-Mail\nAnn,Lee,a@example.com\n,Ray,b@example.com\n", rows: []string{"2 a@example.com Ann Lee", "3 b@example.com Ray"}},
		{name: "Name beside Vorname is the surname", file: "Vorname;Name;E-Mail-Adresse\nAnn;Lee;a@example.com\n", rows: []string{"2 a@example.com Ann Lee"}},
		{name: "Nome beside Cognome is the first name", file: "Nome,Cognome,Indirizzo e-mail\nAnna,Rossi,a@example.com\n", rows: []string{"2 a@example.com Anna Rossi"}},
		{name: "Name beside both is the full name", file: "name,first_name,last_name,email\nDr. Ann Lee,Ann,Lee,a@example.com\n", rows: []string{"2 a@example.com Dr. Ann Lee"}},
		{name: "Name beside both may be the company", file: "name,first_name,last_name,email\nACME,Ann,Lee,a@example.com\n", refused: "hold different names [use the right one: --column name=name or --column first_name=first_name --column last_name=last_name;"},
		{name: "Nom beside a full name and a first name", file: "Nom;Prénom;Nom complet;Courriel\nDupont;Émile;Dr Émile Dupont;a@example.com\n", rows: []string{"2 a@example.com Dr Émile Dupont"}},
		{name: "two columns of one name", file: "Name,Name,Email\nAnn,Lee,a@example.com\n", refused: "hold different names [use the right one: --column name=1 or --column name=2"},
		{name: "two columns of parts in brackets", file: "Name (First),Name (Last),Email\nAnn,Lee,a@example.com\n", rows: []string{"2 a@example.com Ann Lee"}},
		{name: "two columns of parts in brackets, told", file: "Name (First),Name (Last),Email\nAnn,Lee,a@example.com\n", options: Options{Columns: map[Field]string{FirstName: "Name (First)", LastName: "Name (Last)"}}, rows: []string{"2 a@example.com Ann Lee"}},
		{name: "two columns that say the same name", file: "Name,Name,Email\nAnn,Ann,a@example.com\n", rows: []string{"2 a@example.com Ann"}},
		{name: "the contact is a name", file: "Customer,Contact,Contact Email\nACME,Ann Lee,a@example.com\n", rows: []string{"2 a@example.com Ann Lee"}},
		{name: "the contact is a number", file: "Contact,Name,Email\n030-1234567,Ann Lee,a@example.com\n", rows: []string{"2 a@example.com Ann Lee"}},
		{name: "the contact is a number, and there is no name", file: "Contact,Email\n030-1234567,a@example.com\n", rows: []string{"2 a@example.com a@example.com"}, repairs: []string{"no_name_column×1"}},
		{name: "surname and first name in one column", file: "\"Name, Vorname\";E-Mail\n\"Lee, Ann\";a@example.com\n", rows: []string{"2 a@example.com Lee, Ann"}},
		{name: "half of the names", file: "Nachname,Email\nLee,a@example.com\n", rows: []string{"2 a@example.com Lee"}, repairs: []string{"half_name×1"}},
		{name: "two surnames", file: "Nombre;Primer apellido;Segundo apellido;Correo\nMaría;García;López;a@example.com\nLi;Wu;;b@example.com\n", rows: []string{"2 a@example.com María García López", "3 b@example.com Li Wu"}},
		{name: "Turkish", file: "Adı;Soyadı;E-Posta Adresi\nAyşe;Yılmaz;a@example.com\n", rows: []string{"2 a@example.com Ayşe Yılmaz"}},
		{name: "Czech", file: "Jméno;Příjmení;E-mail\nJana;Nováková;a@example.com\n", rows: []string{"2 a@example.com Jana Nováková"}},
		{name: "Czech, whole names", file: "Jméno;E-mail\nJana Nováková;a@example.com\n", rows: []string{"2 a@example.com Jana Nováková"}},
		{name: "Romanian", file: "Prenume;Nume;E-mail\nAna;Popescu;a@example.com\n", rows: []string{"2 a@example.com Ana Popescu"}},
		{name: "two columns of names", file: "Name,Contact name,Email\nACME,Ann,a@example.com\n", refused: "hold different names"},
		{name: "Dutch infix", file: "Voornaam,Tussenvoegsel,Achternaam,E-mailadres\nJan,van den,Berg,j@example.com\nEls,,Vos,e@example.com\n",
			rows: []string{"2 j@example.com Jan van den Berg", "3 e@example.com Els Vos"}},
		{name: "family name first in Japanese", file: "姓,名,メールアドレス\n山田,太郎,t@example.com\n", rows: []string{"2 t@example.com 山田 太郎"}},
		{name: "no name at all", file: "email,phone\na@example.com,1\n", rows: []string{"2 a@example.com a@example.com"}, repairs: []string{"no_name_column×1"}},
		{name: "name missing in a row", file: ab + "a@example.com,\n", rows: []string{"2 a@example.com a@example.com"}, repairs: []string{"no_name×1"}},

		// Widths.
		{name: "trailing delimiter on all rows", file: "email,name,\na@example.com,Ann,\n", rows: []string{"2 a@example.com Ann"}},
		{name: "trailing delimiters on data rows", file: ab + "a@example.com,Ann,,\n", rows: []string{"2 a@example.com Ann"}},
		{name: "short rows that have what is needed", file: "email,name,phone,city\na@example.com,Ann\nb@example.com,Bob,1\nc@example.com,Cy,1,x\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy"}, repairs: []string{"short_row×2"}},
		{name: "short row without the name", file: "phone,email,name\n1,a@example.com\n2,b@example.com,Bob\n", rows: []string{"2 !row_too_short (no address) +a@example.com", "3 b@example.com Bob"}},
		{name: "long row", file: ab + "a@example.com,Lee, Ann\nb@example.com,Bob\n", rows: []string{"2 !long_row (no address) +a@example.com", "3 b@example.com Bob"}},
		{name: "more columns than a row may have", file: ab + "a@example.com,Ann" + strings.Repeat(",x", 3000) + "\nb@example.com,Bob\n",
			rows: []string{"2 !too_many_columns (no address) +a@example.com", "3 b@example.com Bob"}},
		{name: "header of too many columns", file: "email" + strings.Repeat(",x", 3000) + "\na@example.com\n", refused: "2,000 columns"},
		{name: "a delimiter in all names", file: "name,email\nLee, Ann,a@example.com\nRay, Bob,b@example.com\n", rows: []string{"2 !long_row (no address) +a@example.com", "3 !long_row (no address) +b@example.com"}},
		{name: "cell over 1 MiB", file: ab + "a@example.com," + long + "y\nb@example.com,Bob\n", rows: []string{"2 !cell_too_long (no address) +a@example.com", "3 b@example.com Bob"}},
		{name: "row over 4 MiB", file: ab + "b@example.com,Bob\na@example.com," + strings.Repeat(long, 5) + "\n", refused: "3 this line is longer than 4 MiB"},

		// Quotes.
		{name: "delimiters and doubled quotes in cells", file: ab + "a@example.com,\"Lee, Ann \"\"A\"\"\"\n", rows: []string{"2 a@example.com Lee, Ann \"A\""}},
		{name: "line break inside quotes", file: "email,notes,name\na@example.com,\"x\r\ny\n\nz\",Ann\nb@example.com,,Bob\n", rows: []string{"2 a@example.com Ann", "6 b@example.com Bob"}},
		{name: "line break in a name", file: ab + "a@example.com,\"Ann\nLee\"\n", rows: []string{"2 a@example.com Ann Lee"}, repairs: []string{"name_controls×1"}},
		{name: "quote never closed", file: ab + "a@example.com,\"Ann\nb@example.com,Bob\nc@example.com,Cy\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 b@example.com Bob", "4 c@example.com Cy"}},
		{name: "quote never closed, quoted cells after it", file: ab + "a@example.com,\"Ann\nb@example.com,\"Bob, B\"\nc@example.com,\"Cy\"\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 b@example.com Bob, B", "4 c@example.com Cy"}},
		{name: "quote never closed, all quoted", file: "\"email\",\"name\"\n\"a@example.com\",\"Ann\n\"b@example.com\",\"Bob\"\n\"c@example.com\",\"Cy\"\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 b@example.com Bob", "4 c@example.com Cy"}},
		{name: "quote never closed in the first cell", file: "\"email\",\"name\"\n\"a@example.com,\"Ann\"\n\"c@example.com\",\"Cy\"\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 c@example.com Cy"}},
		{name: "quoted cell of more than 100 lines", file: ab + "a@example.com,\"Ann" + strings.Repeat("\n", 101) + "\"\nb@example.com,Bob\n",
			rows: []string{"2 a@example.com Ann", "104 b@example.com Bob"}},
		{name: "rows inside a quoted cell", file: "email,name,x\na@example.com,Ann,\"x\nb@example.com,Bob,y\nz\"\nc@example.com,Cy,\n",
			rows: []string{"2 !swallowed_rows (no address) +a@example.com +b@example.com", "5 c@example.com Cy"}},
		{name: "quote never closed, and another cell's quote would close it", file: "id;email;name;notes;x\n1;a@example.com;Ann;;\"y\n2;b@example.com;Bob;\"\nlow\";z\n3;c@example.com;Cy;;\n",
			rows: []string{"2 !swallowed_rows (no address) +a@example.com +b@example.com", "4 !quotes_unclear (no address)", "5 c@example.com Cy"}},
		{name: "no short rows where a quote was left open", file: "email,name,x\na@example.com,Ann,\"y\nb@example.com,Bob\nc@example.com,Cy,\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 !row_too_short (no address) +b@example.com", "4 c@example.com Cy"}},
		{name: "bare inner quotes", file: ab + "a@example.com,Ann \"A\" Lee\nb@example.com,\"Bob \"B\" Ray\"\n",
			rows: []string{"2 a@example.com Ann \"A\" Lee", "3 b@example.com Bob \"B\" Ray"}, repairs: []string{"quotes_repaired×2"}},
		{name: "a quote that neither opens nor closes", file: ab + "a@example.com,Ann\"\nb@example.com,Bob\n", rows: []string{"2 !not_a_name", "3 b@example.com Bob"}},
		{name: "bare quotes that move the cells", file: ab + "a@example.com,\"Ann\" Lee, x\nb@example.com,Bob\n",
			rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 b@example.com Bob"}},
		{name: "an address after a quoted name", file: "email,name\n\"Ann Lee\" <ann@example.com>,Ann\nb@example.com,Bob\n\"Lee, Cy\"<c@example.com>,\"Cy, Lee\"\n",
			rows: []string{"2 !quotes_unclear (no address) +ann@example.com", "3 b@example.com Bob", "4 !quotes_unclear (no address) +c@example.com"}},
		{name: "an address after a quoted name, in the middle and with blanks", file: "id,email,x\n7,\"Ann Lee\" <ann@example.com>,x\n8, \"Lee, Bob\" <b@example.com>, \"y\"\n9,c@example.com,\n",
			rows: []string{"2 !quotes_unclear (no address) +ann@example.com", "3 !quotes_unclear (no address) +b@example.com", "4 c@example.com c@example.com"}, repairs: []string{"no_name_column×1"}},
		{name: "an address after a quoted name, at the end of the file", file: "id,email\n7,\"Ann Lee\" <ann@example.com>", rows: []string{"2 !quotes_unclear (no address) +ann@example.com"}, repairs: []string{"no_name_column×1"}},
		{name: "an address after a quoted name that leaves a doubt", file: "email,name\n\"Ann Lee\" <ann@example.com>,Ann,x\n\"Lee\\\" <b@example.com>,Bob\n\"Cy\" <c@example.com>; \"Di\" <d@example.com>,Cy\n\"Ed <e@example.com>,Ed\nfay@example.com,\"Fay\" <f@example.com>\ng@example.com,Gus\n",
			rows: []string{"2 !quotes_unclear (no address) +ann@example.com", "3 !quotes_unclear (no address) +b@example.com", "4 !quotes_unclear (no address) +c@example.com +d@example.com",
				"5 !quotes_unclear (no address) +e@example.com", "6 !quotes_unclear (no address) +fay@example.com +f@example.com", "7 g@example.com Gus"}},
		{name: "an address after a quote that closes a row's last cell", file: "id,notes,email\n1,\"x\n2,\" <b@example.com>,c@example.com\n3,,d@example.com\n",
			rows: []string{"2 !quotes_unclear (no address)", "3 !quotes_unclear (no address) +b@example.com +c@example.com", "4 d@example.com d@example.com"}, repairs: []string{"no_name_column×1"}},
		{name: "backslash before quotes", file: "email;name;notes\na@example.com;\"Ann \\\"A\\\" Lee\";\"x\\\"\"\nb@example.com;Bob;\"C:\\dir\\\"\n",
			rows: []string{"2 a@example.com Ann \"A\" Lee", "3 b@example.com Bob"}, repairs: []string{"quotes_repaired×1"}},
		{name: "backslash before quotes must not merge rows", file: "name;email\n\"A \\\"x\\\"\";a@example.com\n\"C\";c@example.com\n",
			rows: []string{"2 a@example.com A \"x\"", "3 c@example.com C"}, repairs: []string{"quotes_repaired×1"}},
		{name: "blanks around quotes", file: "email, name, city\na@example.com, \"Lee, Ann\" , x\n", rows: []string{"2 a@example.com Lee, Ann"}, repairs: []string{"quotes_repaired×1"}},
		{name: "single quotes", file: "'email','name'\n'a@example.com','Lee, Ann'\n'b@example.com','O''Neill'\n",
			rows: []string{"2 a@example.com Lee, Ann", "3 b@example.com O'Neill"}, repairs: []string{"single_quotes×1"}},
		{name: "one name in single quotes is no dialect", file: ab + "a@example.com,'Ann'\nb@example.com,Bob\n", rows: []string{"2 !not_a_name", "3 b@example.com Bob"}},

		// Characters and line ends.
		{name: "NUL in a name", file: ab + "a@example.com,A\x00nn\nb@example.com,Bob\n", rows: []string{"2 !name_lost_letters", "3 b@example.com Bob"}},
		{name: "NUL in an address", file: ab + "a\x00@example.com,Ann\nb@example.com,Bob\n", rows: []string{"2 !malformed_address", "3 b@example.com Bob"}},
		{name: "Ctrl-Z at the end", file: ab + "a@example.com,Ann\n\x1a", rows: []string{"2 a@example.com Ann"}},
		{name: "Ctrl-Z after the last cell", file: ab + "a@example.com,\"Ann\"\x1a", rows: []string{"2 a@example.com Ann"}},
		{name: "control characters in a name", file: ab + "a@example.com,A\x07nn\x1b\n", rows: []string{"2 a@example.com Ann"}, repairs: []string{"name_controls×1"}},
		{name: "characters in a name that do not show", file: ab + "a@example.com,Ann\u200b Lee\nb@example.com,B\u00adob\nc@example.com,علی\u200cرضا\n", rows: []string{"2 a@example.com Ann Lee", "3 b@example.com Bob", "4 c@example.com علی\u200cرضا"}, repairs: []string{"name_controls×2"}},
		{name: "CR alone", file: "email,name\ra@example.com,Ann\rb@example.com,Bob\r", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}},
		{name: "mixed line ends", file: "email,name\r\na@example.com,Ann\rb@example.com,Bob\nc@example.com,Cy", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy"}},
		{name: "CR CR LF", file: "email,name\r\r\na@example.com,Ann\r\r\n", rows: []string{"3 a@example.com Ann"}, skipped: 2},
		{name: "VT, FF, U+0085 and U+2028 end no row", file: "email,name,x\na@example.com,Ann,x\vy\fz\u0085w\u2028v\n", rows: []string{"2 a@example.com Ann"}},
		{name: "line separator in a name", file: ab + "a@example.com,Ann\u2028Lee\n", rows: []string{"2 a@example.com Ann Lee"}, repairs: []string{"name_controls×1"}},

		// Lines that are no rows.
		{name: "blank and empty rows", file: ab + "\na@example.com,Ann\n  \n,\n\"\",\"\"\nb@example.com,Bob\n\n", rows: []string{"3 a@example.com Ann", "7 b@example.com Bob"}, skipped: 5},
		{name: "footer", file: ab + "a@example.com,Ann\n\nGrand Totals (1 records)\nConfidential\n", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×2"}, skipped: 3},
		{name: "footer without a blank line", file: ab + "a@example.com,Ann\nTotal: 1\n", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×1"}, skipped: 1},
		{name: "footer without a line end", file: "name,email,x\nAnn,a@example.com,1\nSumme: 12", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×1"}, skipped: 1},
		{name: "footer of several lines without a line end", file: ab + "a@example.com,Ann\n\nGrand Totals (1 records)\n\nConfidential\nDo not distribute", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×3"}, skipped: 5},
		{name: "footer of one line after a blank one, without a line end", file: ab + "a@example.com,Ann\n\nConfidential", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×1"}, skipped: 2},
		{name: "the end of a report right below the last row", file: "name,email,city\nAnn,a@example.com,Bonn\n*** End of report ***\n", rows: []string{"2 a@example.com Ann"}, repairs: []string{"footer×1"}, skipped: 1},
		{name: "the rest of a name is no footer", file: ab + "a@example.com,Ann\nLee 3rd\n", rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)"}},
		{name: "a line below a quote that was left open is no footer", file: "email,name,x\na@example.com,Ann,\"y\nBob Ray\n", rows: []string{"2 !quotes_unclear (no address) +a@example.com", "3 !row_too_short (no address)"}},
		{name: "a short row with a wrong address at the end is no footer", file: "name,email,x\nAnn,a@example.com,1\nBob,b@example\n", rows: []string{"2 a@example.com Ann", "3 !malformed_address"}},
		{name: "footer with delimiters", file: "email,name,x\na@example.com,Ann,\n\nGrand Totals,,\nCopyright (c) 2025,,\n", rows: []string{"2 a@example.com Ann", "4 !malformed_address", "5 !malformed_address"}, skipped: 1},
		{name: "no footer when rows follow", file: "name,email,x\nAnn,a@example.com,\nTotals\nBob,b@example.com,\n",
			rows: []string{"2 a@example.com Ann", "3 !broken_row (no address)", "4 !broken_row (no address) +b@example.com"}},
		{name: "a person without an address at the end is no footer", file: "name,email,x\nAnn,a@example.com,\nBob,,\n", rows: []string{"2 a@example.com Ann", "3 !no_address"}},
		{name: "comments", file: "# all of them\n" + ab + "a@example.com,Ann\n# until here\nb@example.com,Bob\n", rows: []string{"3 a@example.com Ann", "5 b@example.com Bob"}, repairs: []string{"stray_directive×1"}, skipped: 2},
		{name: "a person who was commented out", file: "name,email,city\n# Ann,a@example.com\n# Bob,,Ulm\nCy,c@example.com,Ulm\n", rows: []string{"2 !not_a_name", "3 !no_address", "4 c@example.com Cy"}},
		{name: "people with words of headers in their cells", file: "name,email,prefers,type\nInfo Desk,info@example.com,Email,Customer\nAnn Lee,ann@example.com,Phone,Customer\nBo Berg,bo@example.com,Email,Lead\n", rows: []string{"2 info@example.com Info Desk", "3 ann@example.com Ann Lee", "4 bo@example.com Bo Berg"}},
		{name: "header again", file: ab + "a@example.com,Ann\nEmail,Name\nb@example.com,Bob\n", rows: []string{"2 a@example.com Ann", "4 b@example.com Bob"}, repairs: []string{"repeated_header×1"}, skipped: 1},
		{name: "another header", file: "email,name,company\na@example.com,Ann,ACME\nemail,company,name\nb@example.com,ACME,Bob\n", refused: "3 another header"},
		{name: "a header of three lines", file: "RecipientLastName,RecipientFirstName,RecipientEmail,ExternalDataReference\nRecipient Last Name,Recipient First Name,Recipient Email,External Reference\n\"{\"\"ImportId\"\":1}\",\"{\"\"ImportId\"\":2}\",x\nLee,Ann,ann@example.com\n",
			refused: "2 another header: a second table, files that were joined, or a header of several lines [cut the file there"},
		{name: "braces above the header", file: "{}\nname,email\nAnn,a@example.com\n", rows: []string{"3 a@example.com Ann"}, repairs: []string{"title_lines×1"}, skipped: 1},
		{name: "another header, few rows", file: "email,name\na@example.com,Ann\nname,email\nBob,b@example.com\nCy,c@example.com\n", refused: "3 another header"},
		{name: "another header with another delimiter", file: "Name,Email\nAnn,a@example.com\nName;Email\nBob;b@example.com\n", rows: []string{"2 a@example.com Ann", "3 !row_too_short (no address)", "4 !row_too_short (no address) +b@example.com"}},
		{name: "row broken by a line break", file: "email,name,x\na@example.com,Ann\nLee,y\nb@example.com,Bob,\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)", "4 b@example.com Bob"}},
		{name: "row broken in its last cell", file: "email,name\na@example.com,Ann\nLee\nb@example.com,Bob\nc@example.com,Cy\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)", "4 b@example.com Bob", "5 c@example.com Cy"}},
		{name: "one column, and a line that is no address", file: "email\na@example.com\nb@example.com\nn/a\nc@example.com\nnobody here\n",
			rows: []string{"2 a@example.com a@example.com", "3 b@example.com b@example.com", "4 !malformed_address", "5 c@example.com c@example.com", "6 !malformed_address"}, repairs: []string{"no_name_column×1"}},
		{name: "a short line after a row that is whole", file: "name,email\nAnn,a@example.com\nLee\n\nBob,b@example.com\n",
			rows: []string{"2 a@example.com Ann", "3 !row_too_short (no address)", "5 b@example.com Bob"}, skipped: 1},
		{name: "a line that goes on with the address", file: "name,email\nAnn,a@example.com\n.au\n\nBob,b@example.com\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)", "5 b@example.com Bob"}, skipped: 1},
		{name: "a line that may go on with the address", file: "name,email\nAnn,a@example.co\nm\n\nBob,b@example.com\n",
			rows: []string{"2 !broken_row (no address) +a@example.co", "3 !broken_row (no address)", "5 b@example.com Bob"}, skipped: 1},
		{name: "a name broken in the first cell", file: "name,email\nAnn\nLee,a@example.com\nBob,b@example.com\nCy\nDahl,c@example.com\n",
			rows: []string{"2 !broken_row (no address)", "3 !broken_row (no address) +a@example.com", "4 b@example.com Bob", "5 !broken_row (no address)", "6 !broken_row (no address) +c@example.com"}},
		{name: "a quoted name broken and never closed", file: "name,email\n\"Ann\nLee,a@example.com\nBob,b@example.com\n",
			rows: []string{"2 !broken_row (no address)", "3 !broken_row (no address) +a@example.com", "4 b@example.com Bob"}},
		{name: "a name broken in the first cell of a short row", file: "first name,email,last name,x\nAn\nn,a@example.com,Lee\nBob,b@example.com,Ray,\n",
			rows: []string{"2 !broken_row (no address)", "3 !broken_row (no address) +a@example.com", "4 b@example.com Bob Ray"}},
		{name: "a line that may belong to either neighbour", file: "first name,email,last name\nAnn,a@example.com,Lee\nvan\nBob,b@example.com,Ray\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)", "4 !broken_row (no address) +b@example.com"}},
		{name: "a wrong address after a short line", file: "name,email\nTeam\nBob,b@example@com\nCy,c@example.com\n", rows: []string{"2 !broken_row (no address)", "3 !broken_row (no address)", "4 c@example.com Cy"}},
		{name: "another's address after a broken cell", file: "name,email,notes,manager email\nAnn,a@example.com,see\nbelow,m@example.com\nBob,b@example.com,x,m@example.com\nCy,c@example.com,x,m@example.com\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address) +m@example.com", "4 b@example.com Bob", "5 c@example.com Cy"}},
		{name: "short rows in turn", file: "name,email,x\nAnn,a@example.com,1\nBob,b@example.com\nCy,c@example.com\nDi,d@example.com,2\nEd,e@example.com,2\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy", "5 d@example.com Di", "6 e@example.com Ed"}, repairs: []string{"short_row×2"}},
		{name: "names do not count when access is taken back", file: "name,email\nAnn\nLee,a@example.com\n", options: Options{NeedAccounts: true}, rows: []string{"2 !row_too_short (no address)", "3 a@example.com a@example.com"}},
		{name: "accounts beside addresses that no header names", file: "account id,xyz\n1a,a@example.com\n2b,b@example.com\n", options: Options{NeedAccounts: true}, rows: []string{"2   +a@example.com", "3   +b@example.com"}},
		{name: "no name in the first cell", file: "id,email,name\n17\n8,a@example.com,Ann\n", rows: []string{"2 !row_too_short (no address)", "3 a@example.com Ann"}},
		{name: "cut off in a cell that is needed", file: "email,name,x\na@example.com,Ann,\nb@example.com,Bo", rows: []string{"2 a@example.com Ann", "3 !row_too_short (no address) +b@example.com"}},
		{name: "a malformed address at the end is one, and perhaps a cut", file: "name,email\nAnna Berg,anna.berg@x.example\nBo Dahl,bo.dahl(at)x.example", rows: []string{"2 anna.berg@x.example Anna Berg", "3 !malformed_address"}, repairs: []string{"cut_off×1"}},
		{name: "cut off after what is needed", file: "email,name,x,y\na@example.com,Ann,,\nb@example.com,Bob,z", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}, repairs: []string{"cut_off×1", "short_row×1"}},
		{name: "cut off in the first cell", file: ab + "a@example.com,Ann\nb@exa", rows: []string{"2 a@example.com Ann", "3 !row_too_short (no address)"}},
		{name: "cut off in the address, and cells missing after it", file: "name,email,x\nAnn,a@example.com,1\nBob,b@exa", rows: []string{"2 a@example.com Ann", "3 !row_too_short (no address)"}},
		{name: "cut off in another's address", file: "name,email,manager email\nAnn,a@example.com,boss@example.com\nBob,b@example.com,boss@exam", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}, repairs: []string{"cut_off×1"}},
		{name: "no cut where the last row has nobody in the last cell", file: "name,email,manager email\nAnn,a@example.com,boss@example.com\nCy,c@example.com,boss@example.com\nBob,b@example.com,", rows: []string{"2 a@example.com Ann", "3 c@example.com Cy", "4 b@example.com Bob"}},
		{name: "no cut after a cell that is no address", file: "name,email,city\nAnn,a@example.com,Bonn\nBob,n/a,Ulm", rows: []string{"2 a@example.com Ann", "3 !malformed_address"}},
		{name: "columns without a header that some rows leave out", file: "name,email,,\nAnn,a@example.com,,\nBob,b@example.com\nCy,n/a\n", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 !malformed_address"}},
		{name: "and the last row, without a line end", file: "name,email,,\nAnn,a@example.com,,\nBob,b@example.com", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}},
		{name: "a cell is missing, and the last one is empty for it", file: "id,email,name,city\n1,a@example.com,Ann,Bonn\n2,b@example.com,Bob,Ulm\n3,c@example.com,Cy,Ulm\n4,d@example.com,Di,Ulm\nEd,e@example.com,Ulm,\n6,f@example.com,Fay,Ulm\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy", "5 d@example.com Di", "6 !row_too_short (no address) +e@example.com", "7 f@example.com Fay"}},
		{name: "an address that is not known, in a row without a city", file: "name,email,city\nAnn,a@example.com,Bonn\nBob,b@example.com,Ulm\nCy,c@example.com,Ulm\nDi,d@example.com,Ulm\nEd,unknown,\nFay,f@example.com,Ulm\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy", "5 d@example.com Di", "6 !malformed_address", "7 f@example.com Fay"}},
		{name: "a line break in an address of a domain that no other has", file: "name,email\nAnn,a@example.com\nBob,bob@blau\n-werke.example\n\nCy,c@example.com\n",
			rows: []string{"2 a@example.com Ann", "3 !broken_row (no address)", "4 !broken_row (no address)", "6 c@example.com Cy"}, skipped: 1},
		{name: "a line break in a company", file: "name,email,company,phone\nAnn,a@example.com,Acme\nTools,1\nBob,b@example.com,Blau,2\n",
			rows: []string{"2 !broken_row (no address) +a@example.com", "3 !broken_row (no address)", "4 b@example.com Bob"}},
		{name: "a row that leaves its empty cells out, and sums that are too many for the rest of it", file: "name,email,company,orders\nAnn,a@example.com,Acme,1\nBob,b@example.com,Blau\nAll,2,2\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob"}, repairs: []string{"footer×1", "short_row×1"}, skipped: 1},
		{name: "rows that leave their empty cells out beside managers", file: "name,email,manager email,city\nAnn,a@example.com\nBob,b@example.com\nCy,c@example.com,m@example.com,Ulm\nDi,d@example.com,m@example.com,Ulm\n",
			rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy", "5 d@example.com Di"}, repairs: []string{"short_row×2"}},

		// Addresses and names.
		{name: "several addresses", file: "email,name,x\na@example.com;b@example.com,Ann,\n\"c@example.com, d@example.com\",Cy,\ne@example.com ::: f@example.com,Ed,\n" +
			"smtp:g@example.com;SMTP:h@example.com;X500:/o=x,Hal,\n\"[\"\"i@example.com\"\",\"\"j@example.com\"\"]\",Ida,\n",
			rows:    []string{"2 a@example.com Ann +b@example.com", "3 c@example.com Cy +d@example.com", "4 e@example.com Ed +f@example.com", "5 h@example.com Hal +g@example.com", "6 i@example.com Ida +j@example.com"},
			repairs: []string{"several_addresses×5"}},
		{name: "neither a name nor an address", file: ab + "n/a,\na@example.com,Ann\n", rows: []string{"2 !malformed_address", "3 a@example.com Ann"}},
		{name: "names that are repeated for each directory", file: ab + "a@example.com;a@example.com,Ann Lee; Ann Lee\nb@example.com,Bo Berg ;Bo Berg\n", rows: []string{"2 a@example.com Ann Lee", "3 b@example.com Bo Berg"}, repairs: []string{"wrapped_address×1"}},
		{name: "no names, told, and one at an address", file: "email\nAnn Lee <a@example.com>\n", options: Options{NoNames: true}, rows: []string{"2 a@example.com a@example.com"}, repairs: []string{"wrapped_address×1"}},
		{name: "something around addresses", file: "email,name\nAnn <a@example.com>,\nmailto:b@example.com,Bob\n'+c@example.com,Cy\n<d@example.com>,Di\n",
			rows:    []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 +c@example.com Cy", "5 d@example.com Di"},
			repairs: []string{"wrapped_address×4"}},
		{name: "more around addresses", file: "email,name\nmailto://a@example.com,Ann\n'b@example.com',Bob\n\"Cy Dahl (c@example.com)\",\nDi [d@example.com],\n(e@example.com),Ed\n",
			rows:    []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 c@example.com Cy Dahl", "5 d@example.com Di", "6 e@example.com Ed"},
			repairs: []string{"wrapped_address×5"}},
		{name: "a spreadsheet's mark of a text", file: "email,name\n'a@example.com,Ann\n''b@example.com,Bob\no'neill@example.com,Cy\n", rows: []string{"2 a@example.com Ann", "3 b@example.com Bob", "4 o'neill@example.com Cy"}, repairs: []string{"wrapped_address×2"}},
		{name: "formulas that keep text", file: "email,name\n\"=\"\"a@example.com\"\"\",\"=\"\"Ann \"\"\"\"A\"\"\"\" Lee\"\"\"\n=\"b@example.com\",=\"007\"\n",
			rows: []string{"2 a@example.com Ann \"A\" Lee", "3 b@example.com 007"}, repairs: []string{"quotes_repaired×1", "wrapped_address×2", "guarded_cell×2"}},
		{name: "no value in a database", file: "email,first name,last name\na@example.com,Ann,\\N\nb@example.com,\\N,\\N\n", rows: []string{"2 a@example.com Ann", "3 b@example.com b@example.com"}, repairs: []string{"no_name×1"}},
		{name: "curly quotes in Windows-1252", file: ab + "a@example.com,Jo \x93Joey\x94 Smith\nb@example.com,J\x94rg\nc@example.com,Anne\nd@example.com,\x84x\x94 Ann\n", refused: "its letters make no words"},
		{name: "a letter that Windows-1252 shows as a curly quote", file: ab + "a@example.com,\x93A J\x94rg\n", refused: "its letters make no words"},
		{name: "no addresses", file: "email,name\nNULL,Ann\nN/A,Bob\ng_example.com#EXT#@x.example,Cy\n/o=Org/cn=Di,Di\n,Ed\na@example.com,Fay\nb@example.com,Gus\nc@example.com,Hal\nd@example.com,Ida\n",
			rows: []string{"2 !malformed_address", "3 !malformed_address", "4 !malformed_address", "5 !malformed_address", "6 !no_address", "7 a@example.com Fay", "8 b@example.com Gus", "9 c@example.com Hal", "10 d@example.com Ida"}},
		{name: "people called Null, NA, 007 and True", file: ab + "a@example.com,Null\nb@example.com,NA\nc@example.com,007\nd@example.com,True\n",
			rows: []string{"2 a@example.com Null", "3 b@example.com NA", "4 c@example.com 007", "5 d@example.com True"}},
		{name: "letters lost before", file: ab + "a@example.com,M?ller\nb@example.com,Jos?\nc@example.com,???\nd@example.com,?ukasz\n",
			rows: []string{"2 !name_lost_letters", "3 !name_lost_letters", "4 !name_lost_letters", "5 !name_lost_letters"}},
		{name: "a spreadsheet's errors", file: ab + "a@example.com,#NAME?\nb@example.com,#REF!\nc@example.com,#1 Ann\nd@example.com,Di #REF!\n", rows: []string{"2 !name_lost_letters", "3 !not_a_name", "4 c@example.com #1 Ann", "5 !not_a_name"}},
		{name: "a spreadsheet's errors in other languages, and formulas", file: ab + "a@example.com,#WERT!\nb@example.com,#¡VALOR!\nc@example.com,#NV\nd@example.com,#N/D\ne@example.com,#ССЫЛКА!\nf@example.com,=1+1\n" +
			"g@example.com,#ANN\nh@example.com,#¿NOMBRE?\ni@example.com,? ?\n", rows: []string{"2 !not_a_name", "3 !not_a_name", "4 !not_a_name", "5 !not_a_name", "6 !not_a_name", "7 !not_a_name", "8 !not_a_name", "9 !name_lost_letters", "10 !name_lost_letters"}},
		{name: "a program's signs around a name or in its place", file: ab + "a@example.com,{{contact.name}}\nb@example.com,<b>Bo Berg</b>\nc@example.com,\"CN=Cy Dahl,OU=Staff\"\nd@example.com,12;#Di Eck\n" +
			"e@example.com,O\\'Hara\nf@example.com,#####\ng@example.com,%NAME%\nh@example.com,*|FNAME|*\ni@example.com,(blank)\nj@example.com,Jo <other@example.com>\nk@example.com,Kim <k@example.com>\nl@example.com,AT&T | 100% Wool #1\nm@example.com,Zo+AOk Petit\n",
			rows: []string{"2 !not_a_name", "3 !not_a_name", "4 !not_a_name", "5 !not_a_name", "6 !not_a_name", "7 !not_a_name", "8 !not_a_name", "9 !not_a_name", "10 i@example.com i@example.com", "11 !not_a_name",
				"12 k@example.com Kim", "13 l@example.com AT&T | 100% Wool #1", "14 !not_a_name"}, repairs: []string{"no_name×1"}},
		{name: "HTML entities", file: ab + "a@example.com,M&uuml;ller\nb@example.com,Smith & Co\n", rows: []string{"2 !not_a_name", "3 b@example.com Smith & Co"}},
		{name: "guarded name", file: ab + "a@example.com,'=Ann\n", rows: []string{"2 a@example.com =Ann"}, repairs: []string{"guarded_cell×1"}},
		{name: "duplicates", file: ab + "a@example.com,Ann\nA@EXAMPLE.com,Ann\nb@bücher.example,Bob\nb@xn--bcher-kva.example,Bob\n",
			rows: []string{"2 a@example.com Ann", "3 A@EXAMPLE.com Ann =2", "4 b@bücher.example Bob", "5 b@xn--bcher-kva.example Bob =4"}},
		{name: "invalid and excluded rows are no first ones", file: "email,name,s\na@example.com,M?x,\na@example.com,Ann,\nb@example.com,Bob,x\nb@example.com,Bob,\n",
			options: Options{Exclude: []Match{{"S", "X"}}}, rows: []string{"2 !name_lost_letters", "3 a@example.com Ann", "4 -", "5 b@example.com Bob"}},

		// Nothing to do.
		{name: "empty", file: "", refused: "the file is empty"},
		{name: "blank", file: "\n\n \n", refused: "nothing to do"},
		{name: "header only", file: ab, refused: "no rows: there is nothing to do [if it is an export, check whether that has failed or its filter leaves everybody out"},
		{name: "nobody on a list of our own", file: "email,name,jsm_account_id,jsm_reason\n", refused: "no rows: there is nothing to do"},
		{name: "HTML", file: "<html><table>", refused: "HTML"},
		{name: "JSON", file: "[{\"email\":\"a@example.com\"}]", refused: "JSON"},
		{name: "old Excel", file: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxx", refused: "save it as CSV UTF-8"},
	}
}

func titles(n int) string { return strings.Repeat("Customers of the year\n", n) }

func TestSituations(t *testing.T) {
	for _, c := range situations() {
		t.Run(c.name, func(t *testing.T) {
			s, rows := readOrRefuse(t, c.file, c.options, c.refused)
			if c.refused != "" {
				return
			}
			if diff := cmp.Diff(c.rows, tellAll(rows)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.repairs, repairedKinds(s)); diff != "" {
				t.Errorf("repairs (-want +got):\n%s", diff)
			}
			if s.Skipped != c.skipped {
				t.Errorf("%d lines skipped, want %d", s.Skipped, c.skipped)
			}
		})
	}
}

func utf16be(s string) string {
	var b []byte
	for _, r := range s { // all of the cases are in the basic plane
		b = append(b, byte(r>>8), byte(r))
	}
	return string(b)
}

func utf16le(s string) string {
	b := []byte(utf16be(s))
	for i := 0; i < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}

func utf32le(s string) string {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8), byte(r>>16), 0)
	}
	return string(b)
}
