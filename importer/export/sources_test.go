package export

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// An exported file is one as some source writes it: who comes out of it, or why it is refused.
type exported struct {
	name    string
	in      encoding.Encoding
	file    string
	options Options
	people  string // "address=name|…", of the rows that may be sent; "!" for an invalid one
	refused string
}

func told(pairs ...string) Options {
	o := Options{Columns: map[Field]string{}}
	for i := 0; i < len(pairs); i += 2 {
		f, err := ParseField(pairs[i])
		if err != nil {
			panic(err)
		}
		o.Columns[f] = pairs[i+1]
	}
	return o
}

var shapes = []exported{
	// Companies, logins and halves in a column of names.
	{name: "company in Name, parts agree", file: "Name,FirstName,LastName,EmailAddress\nMarlow Ltd,Gavin,Marlow,gavin@example.com\nAshby,Jo,Ashby,jo.a@example.net\n", people: "gavin@example.com=Gavin Marlow|jo.a@example.net=Jo Ashby"},
	{name: "company in Contact, parts in other words", file: "Contact,Given Name,Surname,E-mail\nBlau AG,Carl,Dahl,carl@example.com\nGrün KG,Anna,Berg,anna@example.com\n", people: "carl@example.com=Carl Dahl|anna@example.com=Anna Berg"},
	{name: "company, French", file: "Nom;Prénom contact;Nom contact;Courriel\nBoulangerie SARL;Luc;Petit;luc.petit@example.fr\nGarage SA;Eva;Roux;eva.roux@example.fr\n", people: "luc.petit@example.fr=Luc Petit|eva.roux@example.fr=Eva Roux"},
	{name: "company name only, in the domain", file: "Name,Email\nAcme Tools,info@acme.example\nBlau Werke,mail@blau.example\nCorvid Inc,hello@corvid.example\n", refused: "companies"},
	{name: "login beside real name, Spanish", file: "usuario;nombre completo;correo\nmgarcia;María García;maria@example.com\njruiz;José Ruiz;jose@example.com\n", people: "maria@example.com=María García|jose@example.com=José Ruiz"},
	{name: "Name is the login, Full name beside", file: "Name,Full name,Email\nmgarcia,María García,mgarcia@example.com\njruiz,José Ruiz,jruiz@example.com\n", people: "mgarcia@example.com=María García|jruiz@example.com=José Ruiz"},
	{name: "Nom is the login, Nom complet beside", file: "Nom,Nom complet,Courriel\nlpetit,Luc Petit,lpetit@example.fr\nebrun,Eva Brun,ebrun@example.fr\n", people: "lpetit@example.fr=Luc Petit|ebrun@example.fr=Eva Brun"},
	{name: "Name is a login and nothing else", file: "Name,Email\nalee7,ann@example.com\nbberg2,bo@example.com\ncdahl1,cy@example.com\ndeck3,di@example.com\neek9,ed@example.com\n", refused: "login names"},
	{name: "half, unknown neighbour", file: "Nombre;Ape;Correo\nMaría;García;maria.garcia@example.com\nLuis;Ruiz;luis.ruiz@example.com\nEva;Soto;eva.soto@example.com\n", refused: "Ape"},
	{name: "half, unknown neighbour, Dutch", file: "Naam;Fam;E-mail\nJan;Berg;jan.berg@example.nl\nEls;Vos;els.vos@example.nl\n", refused: "Fam"},
	{name: "first name known, other unknown", file: "Vorname;Sippe;E-Mail\nAnn;Lee;ann.lee@example.com\nBo;Berg;bo.berg@example.com\n", refused: "last_name=Sippe"},
	{name: "surname, and logins with numbers", file: "Identifiant;Nom de famille;Courriels\naabledou (1778);BLEDOU;ange.bledou@example.com\naanoma (978);Anoma;arnaud.anoma@example.com\n", people: "ange.bledou@example.com=BLEDOU|arnaud.anoma@example.com=Anoma"},
	{name: "ldap", file: "uid,givenName,sn,cn,mail\nalee,Ann,Lee,Ann Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "display name with company", file: "displayName,givenName,surname,mail\n\"Lee, Ann (ACME)\",Ann,Lee,ann@example.com\n", people: "ann@example.com=Lee, Ann (ACME)"},
	{name: "real name, MediaWiki", file: "user_id,user_name,user_real_name,user_email\n1,Alee,Ann Lee,ann@example.com\n2,Bberg,Bo Berg,bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "osTicket SQL", file: "\"id\",\"org_id\",\"name\",\"created\",\"address\"\n1,0,Ann Lee,2024-01-01,ann@example.com\n2,0,Bo Berg,2024-01-01,bo@example.com\n", refused: "email=address"},

	// Middle names, second surnames, order.
	{name: "Outlook", file: "\"First Name\",\"Middle Name\",\"Last Name\",\"E-mail Address\",\"E-mail 2 Address\"\n\"Jean\",\"Paul\",\"Sartre\",\"j@example.com\",\"\"\n", people: "j@example.com=Jean Paul Sartre"},
	{name: "Google contacts, new", file: "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,E-mail 1 - Label,E-mail 1 - Value,Organization Name\nAnna,Maria,Berg,,Annie,* Work,anna@example.com,Acme\n", people: "anna@example.com=Anna Maria Berg"},
	{name: "Google contacts, additional name", file: "Name,Given Name,Additional Name,Family Name,E-mail 1 - Type,E-mail 1 - Value\nAnna Maria Berg,Anna,Maria,Berg,*,anna@example.com\n", people: "anna@example.com=Anna Maria Berg"},
	{name: "Russian patronymic", file: "Фамилия;Имя;Отчество;Электронная почта\nИванов;Иван;Петрович;ivanov@example.com\n", people: "ivanov@example.com=Иван Петрович Иванов"},
	{name: "Spanish, paterno materno", file: "Nombres,Apellido Paterno,Apellido Materno,Correo electrónico\nAna María,López,Soto,ana@example.com\n", people: "ana@example.com=Ana María López Soto"},
	{name: "Portuguese", file: "Nome;Apelido;E-mail\nJoão;Silva;joao.silva@example.pt\n", people: "joao.silva@example.pt=João Silva"},
	{name: "Hungarian", file: "Vezetéknév;Keresztnév;E-mail cím\nSzabó;Péter;peter@example.hu\n", people: "peter@example.hu=Szabó Péter"},
	{name: "Japanese, brackets", file: "姓 (Last),名 (First),メール\n山田,太郎,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "Japanese, required", file: "姓（必須）,名（必須）,メールアドレス（必須）\n山田,太郎,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "Japanese, required name", file: "お名前【必須】,メールアドレス【必須】\n山田太郎,t@example.com\n", people: "t@example.com=山田太郎"},
	{name: "Chinese, required", file: "姓名（必填）,邮箱（必填）\n张辉,zh@example.com\n", people: "zh@example.com=张辉"},
	{name: "Japanese, kana columns", file: "姓,名,セイ,メイ,メールアドレス\n山田,太郎,ヤマダ,タロウ,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "Japanese, furigana", file: "氏名,フリガナ,メールアドレス\n山田 太郎,ヤマダ タロウ,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "Korean", file: "이름,이메일\n홍길동,hong@example.com\n", people: "hong@example.com=홍길동"},
	{name: "Korean, last and first", file: "성,이름,이메일 주소\n홍,길동,hong@example.com\n", people: "hong@example.com=홍 길동"},
	{name: "Chinese, xing ming", file: "姓,名,电子邮件\n张,辉,zh@example.com\n", people: "zh@example.com=张 辉"},
	{name: "Vietnamese", file: "Họ,Tên,Email\nNguyễn,An,an@example.vn\n", people: "an@example.vn=Nguyễn An"},
	{name: "Romanian", file: "Nume;Prenume;E-mail\nPopescu;Ana;ana@example.ro\n", people: "ana@example.ro=Ana Popescu"},
	{name: "Czech", file: "Příjmení;Jméno;E-mail\nNováková;Jana;jana@example.cz\n", people: "jana@example.cz=Jana Nováková"},
	{name: "Polish", file: "Imię;Nazwisko;Adres e-mail\nAnna;Wałęsa;anna@example.pl\n", people: "anna@example.pl=Anna Wałęsa"},
	{name: "Turkish capitals", file: "AD SOYAD;E-POSTA\nAyşe Yılmaz;ayse@example.com\n", people: "ayse@example.com=Ayşe Yılmaz"},
	{name: "Turkish, dotted", file: "İSİM;SOYİSİM;E-POSTA ADRESİ\nAyşe;Yılmaz;ayse@example.com\n", people: "ayse@example.com=Ayşe Yılmaz"},
	{name: "Greek", file: "Όνομα;Επώνυμο;Email\nΝίκος;Παππάς;nikos@example.gr\n", people: "nikos@example.gr=Νίκος Παππάς"},
	{name: "Greek, a long header", file: "Όνομα;Επώνυμο;Διεύθυνση ηλεκτρονικού ταχυδρομείου\nΝίκος;Παππάς;nikos.pappas@example.gr\n", people: "nikos.pappas@example.gr=Νίκος Παππάς"},
	{name: "parts in brackets, Japanese", file: "【必須】お名前（姓）,【必須】お名前（名）,メール\n山田,太郎,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "two languages in a header", file: "名 / First Name,姓 / Last Name,メール / Email\n太郎,山田,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "half, and no addresses to tell", file: "Име;Рода;Email\nИван;Хорват;a1@example.com\nАна;Ковач;a2@example.com\n", refused: "--column first_name=Име --column last_name=Рода"},
	{name: "half in words of names, Vietnamese", file: "Họ đệm,Tên,Email\nNguyễn Văn,An,an@example.com\n", people: "an@example.com=Nguyễn Văn An"},
	{name: "half in words of names, told", file: "Họ đệm,Tên,Email\nNguyễn Văn,An,an@example.com\n", options: told("last_name", "Họ đệm", "first_name", "Tên"), people: "an@example.com=Nguyễn Văn An"},
	{name: "two unknown halves, Hausa", file: "Sunan farko,Sunan mahaifi,Email\nBudi,Santoso,budi@example.com\nSiti,Rahma,siti@example.com\n", refused: "--column 'first_name=Sunan farko' --column 'last_name=Sunan mahaifi' or --column 'first_name=Sunan mahaifi' --column 'last_name=Sunan farko'"},
	{name: "two unknown columns of names, Russian", file: "Название;Контактное лицо;E-mail\nООО Ромашка;Иванов Пётр;a1@example.com\nАО Заря;Юлия Львова;a2@example.com\n", people: "a1@example.com=Иванов Пётр|a2@example.com=Юлия Львова"},
	{name: "company in Name, person beside, two rows", file: "Name;Name 2;E-Mail\nAcme GmbH;Anna Berg;anna.berg@acme.example\nBlau AG;Carl Dahl;carl.dahl@blau.example\n", people: "anna.berg@acme.example=Anna Berg|carl.dahl@blau.example=Carl Dahl"},
	{name: "the company's column says who is the company", file: "Customer,Company,Full Name,Email\nBird Sanctuary,Bird Sanctuary,Amy Lau,birds@example.com\nCool Cars,Cool Cars,Grace Par,cool_cars@example.com\n", people: "birds@example.com=Amy Lau|cool_cars@example.com=Grace Par"},
	{name: "orders, Shopify", file: "Name,Email,Billing Name\n#1001,ann@example.com,Ann Lee\n#1002,bo@example.com,Bo Berg\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "some display names are logins, WordPress", file: "display_name,first_name,last_name,user_email\nalee,Ann,Lee,ann@example.com\nBo Berg,Bo,Berg,bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "Outlook, Italian", file: "Nome,Secondo nome,Cognome,Indirizzo posta elettronica\nUgo,Maria,Bianchi,ugo@example.it\n", people: "ugo@example.it=Ugo Maria Bianchi"},
	{name: "Outlook, Korean", file: "이름,성,전자 메일 주소\n길동,홍,h@example.kr\n", people: "h@example.kr=홍 길동"},
	{name: "Finnish", file: "Etunimi;Sukunimi;Sähköposti\nAino;Virtanen;aino@example.fi\n", people: "aino@example.fi=Aino Virtanen"},
	{name: "Swedish", file: "Förnamn;Mellannamn;Efternamn;E-post\nAnna;Maria;Berg;anna@example.se\n", people: "anna@example.se=Anna Maria Berg"},

	// Headers in part, dotted, prefixed, numbered.
	{name: "dotted", file: "user.firstName,user.lastName,user.email\nAnn,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "dotted Okta", file: "profile.login,profile.firstName,profile.lastName,profile.email\nalee@example.com,Ann,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "prefixed", file: "contact_first_name,contact_last_name,contact_email\nAnn,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "prefixed camel", file: "memberFirstName,memberLastName,memberEmail\nAnn,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "prefixed, German", file: "Kunde Vorname;Kunde Nachname;Kunde E-Mail\nAnn;Lee;ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "SQL dump", file: "u_firstname,u_lastname,u_email\nAnn,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "numbered in brackets", file: "1) Name,2) Email\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "numbered questions", file: "Q1. Full name,Q2. Email address\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Client Name", file: "Client Name,Email\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "User Name, names", file: "User Name,Email\nAnn Lee,ann@example.com\nBo Berg,bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "User Name, names that do not agree", file: "User Name,Email\nAnn Lee,x1@example.com\nBo Berg,x2@example.com\n", refused: "'name=User Name'"},
	{name: "last names between empty columns of names, DATEV", file: "Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);Vorname (Adressattyp natürl. Person);Name (Adressattyp keine Angabe);E-Mail\n1;;Krüger;Jürgen;;juergen.krueger@ex.de\n2;;Weiß;Anke;;aweiss@ex.de\n", people: "juergen.krueger@ex.de=Jürgen Krüger|aweiss@ex.de=Anke Weiß"},
	{name: "and companies among them", file: "Konto;Name (Adressattyp Unternehmen);Name (Adressattyp natürl. Person);Vorname (Adressattyp natürl. Person);Name (Adressattyp keine Angabe);E-Mail\n1;;Krüger;Jürgen;;juergen.krueger@ex.de\n2;Nordwind GmbH;;;;info@ex.de\n3;;;;Blau KG;mail@ex.de\n4;;Weiß;Anke;;aweiss@ex.de\n", people: "juergen.krueger@ex.de=Jürgen Krüger|info@ex.de=Nordwind GmbH|mail@ex.de=Blau KG|aweiss@ex.de=Anke Weiß"},
	{name: "a second table right below, of other words", file: "Name,Email,Role\nGrace Holm,grace.holm@ex.com,Member\nTom Ashby,tashby@ex.com,Member\nStatus,Person,Since,Mail,Reason\ndenied,Jörg Kern,10:01,joerg.kern@ex.com,late\n", refused: "another header"},
	{name: "the names under the header of addresses, told, Japanese", file: "氏名,メールアドレス,部署\ntaro.yamada@ex.com,山田 太郎,営業\nhsuzuki@ex.com,鈴木 花子,営業\n", options: told("email", "氏名"), refused: "name=メールアドレス"},
	{name: "a second address of the person's", file: "firstName,lastName,email,secondEmail\nAnn,Lee,ann@ex.com,lee@home.example\nBo,Berg,bo@ex.com,berg@home.example\n", people: "ann@ex.com=Ann Lee|bo@ex.com=Bo Berg"},
	{name: "parts in brackets, French", file: "Nom (Prénom),Nom (Nom de famille),E-mail\nÉtienne,Crépin,x1@example.fr\nAurore,Mérimée,x2@example.fr\n", people: "x1@example.fr=Étienne Crépin|x2@example.fr=Aurore Mérimée"},
	{name: "a company or a last name", file: "Firma / Nachname;Vorname;E-Mail\nBerg;Ann;ann.berg@example.ch\nLund;Eva;eva.lund@example.ch\nMoen;Ida;ida.moen@example.ch\nRuud;Tom;tom.ruud@example.ch\n", people: "ann.berg@example.ch=Ann Berg|eva.lund@example.ch=Eva Lund|ida.moen@example.ch=Ida Moen|tom.ruud@example.ch=Tom Ruud"},
	{name: "a last name without a header", file: "Name,,Email\nAnn,Berg,ann.berg@example.com\nEva,Lund,eva.lund@example.com\nIda,Moen,ida.moen@example.com\n", refused: "a part of the names"},
	{name: "a header that was broken before", file: "Nazwisko;ImiÄ™;E-mail\nMazur;Anna;mazur.anna@example.pl\n", refused: "the header has letters that were broken"},
	{name: "parts that a spreadsheet took for dates", file: "First name,Last name,Email\nEva,26-Jun,e@example.com\nBo,01. Apr,b@example.com\nCy,2026-03-01 00:00:00,c@example.com\nJan,Mai,j@example.com\nEva,Ann 1,x@example.com\n", people: "!|!|!|j@example.com=Jan Mai|x@example.com=Eva Ann 1"},
	{name: "names that were cut", file: "Name,Email\nÉtienne Héb…,e@example.com\nBo Ber...,b@example.com\n\"Dahl,\",c@example.com\nJ. R. Lee Jr.,j@example.com\n", people: "!|!|!|j@example.com=J. R. Lee Jr."},
	{name: "Full Customer Name", file: "Full Customer Name,Job,Mail (main),Work tel\nAnn Lee,Boss,ann@example.com,1\n", people: "ann@example.com=Ann Lee"},
	{name: "Kundenname", file: "Kundenname;E-Mail\nAnn Lee;ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Nom du client", file: "Nom du client;Adresse e-mail du client\nAnn Lee;ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Nombre del cliente", file: "Nombre del cliente,Correo del cliente\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Nome do cliente", file: "Nome do cliente;E-mail do cliente\nAnn Lee;ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Japanese customer", file: "お客様氏名,お客様メールアドレス\n山田 太郎,t@example.com\n", people: "t@example.com=山田 太郎"},
	{name: "Chinese customer", file: "客户姓名,客户邮箱\n张辉,z@example.com\n", people: "z@example.com=张辉"},
	{name: "unknown header of names", file: "Umthengi,El. paštas,E-mail\nJonas Petraitis,,jonas@example.lt\nOna Petraitė,,ona@example.lt\n", refused: "Umthengi"},
	{name: "unknown header, Arabic", file: "البريد الإلكتروني,الاسم\nali@example.com,علي حسن\nomar@example.com,عمر خالد\n", people: "ali@example.com=علي حسن|omar@example.com=عمر خالد"},
	{name: "Name (First)", file: "Name (First),Name (Last),Email\nAnn,Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "names none, told", file: "Umthengi,E-mail\nJonas Petraitis,jonas@example.lt\n", options: Options{NoNames: true}, people: "jonas@example.lt=jonas@example.lt"},
	{name: "bare list", file: "email\na@example.com\nb@example.com\n", people: "a@example.com=a@example.com|b@example.com=b@example.com"},
	{name: "bare list with phone and role", file: "email,phone,role\na@example.com,123,user\nb@example.com,124,user\n", people: "a@example.com=a@example.com|b@example.com=b@example.com"},

	// Whose address.
	{name: "agents beside customers", file: "Name,Client Email,Assigned to,Email\n" + rows(20, "Customer %c%c,cust%d@client.example,Agent,paula@desk.example\n", 7), refused: "could be the address"},
	{name: "rival far down", file: "Name,Email,Billing\n" + strings.Repeat("Ann Lee,ann@example.com,\n", 2500) + "Bo Berg,bo@example.com,pay@example.com\n", refused: "could be the address"},
	{name: "complement", file: "Name,Email,Private mail\nAnn Lee,ann@example.com,\nBo Berg,,bo@example.com\n", refused: "could be the address"},
	{name: "same address in another dress", file: "Name,Email,Shown\nAnn Lee,ann@example.com,Ann Lee (ann@example.com)\nBo Berg,bo@example.com,SMTP:bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "login column alone", file: "Login,Name\nann@example.com,Ann Lee\nbo@example.com,Bo Berg\n", refused: "email=Login"},
	{name: "UPN alone", file: "User principal name,Display name\nann@example.com,Ann Lee\n", refused: "email=User principal name"},
	{name: "contact alone", file: "Contact,Company\nann@example.com,Acme\n", refused: "email=Contact"},
	{name: "one address under many names", file: "Name,Email\n" + rows(30, "Person %c%c %d,shared@example.com\n", -1), refused: "another name"},
	{name: "purchaser and recipient", file: "Purchaser Email,Purchaser Name,Recipient Email,Recipient Name\nann@example.com,Ann Lee,bo@example.com,Bo Berg\n", refused: "could be the address"},
	{name: "purchaser told", file: "Purchaser Email,Purchaser Name,Recipient Email,Recipient Name\nann@example.com,Ann Lee,bo@example.com,Bo Berg\n", options: told("email", "Purchaser Email"), people: "ann@example.com=Ann Lee"},
	{name: "parent told", file: "Student First Name,Student Last Name,Parent First Name,Parent Last Name,Parent Email\nAva,Rolle,Kim,Rolle,kim@example.com\n", options: told("email", "Parent Email"), people: "kim@example.com=Kim Rolle"},
	{name: "second contact told", file: "Name,Contact 1 Name,Contact 1 Email,Contact 2 Name,Contact 2 Email\nAcme,Ann Lee,ann@example.com,Bo Berg,bo@example.com\n", options: told("email", "Contact 2 Email"), people: "bo@example.com=Bo Berg"},
	{name: "second guardian told", file: "Player First Name,Player Last Name,Guardian 1 First Name,Guardian 1 Last Name,Guardian 1 Email,Guardian 2 First Name,Guardian 2 Last Name,Guardian 2 Email\nAva,Rolle,Kim,Rolle,kim@example.com,Ida,Rolle,owl@example.com\nBen,Lind,Eva,Lind,eva@example.com,Otto,Lind,fox@example.com\n", options: told("email", "Guardian 2 Email"), people: "owl@example.com=Ida Rolle|fox@example.com=Otto Lind"},
	{name: "told, and no names of the group", file: "First Name,Last Name,Guardian Email\nAva,Rolle,kim@example.com\nBen,Lind,otto@example.com\n", options: told("email", "Guardian Email"), refused: "another person"},
	{name: "told, German group", file: "Vorname;Nachname;Eltern Vorname;Eltern Nachname;Eltern E-Mail\nAva;Rolle;Kim;Rolle;kim@example.com\n", options: told("email", "Eltern E-Mail"), people: "kim@example.com=Kim Rolle"},
	{name: "told, French group", file: "Prénom élève;Nom élève;Prénom parent;Nom parent;Courriel parent\nAva;Rolle;Kim;Rolle;kim@example.com\n", options: told("email", "Courriel parent"), people: "kim@example.com=Kim Rolle"},
	{name: "swapped, told", file: "Full name,E-mail\nann@example.com,Ann Lee\nbo@example.com,Bo Berg\n", options: told("email", "Full name"), people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "HubSpot", file: "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Additional email addresses\n1,Ann,Lee,ann@example.com,,paula@desk.example,ann2@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Google Workspace", file: "First Name [Required],Last Name [Required],Email Address [Required],Org Unit Path [Required],Status [READ ONLY],Recovery Email,Manager Email\nAnn,Lee,ann@example.com,/,Active,x@example.net,boss@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "Entra", file: "userPrincipalName,displayName,surname,mail,givenName,accountEnabled,alternateEmailAddress\nalee@corp.example,Ann Lee,Lee,ann@example.com,Ann,true,\nbo_x.com#EXT#@corp.example,Bo Berg,Berg,bo@example.com,Bo,true,\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "Jira DC", file: "Username,Email,Full Name,Status,User Directory,Last Login Date\nalee;alee,ann@example.com;ann@example.com,Ann Lee;Ann Lee,active;active,A;B,\n", people: "ann@example.com=Ann Lee"},
	{name: "told parts beat the preset", file: "name,email,external_id,role,restriction,first,last\nbigcorp-ann,ann@example.com,1,,,Ann,Lee\n", options: told("first_name", "first", "last_name", "last"), people: "ann@example.com=Ann Lee"},
	{name: "told preset of another header", file: "a,email\nx,ann@example.com\n", options: Options{Preset: "hubspot"}, refused: "not the header of hubspot"},

	// Second tables.
	{name: "second table, same width", file: "Name,Email,Role\nAnn Lee,ann@example.com,Host\n\nInvited\nEmail,Person,Note\nbo@example.com,Bo Berg,x\n", refused: "another header"},
	{name: "second table, German", file: "Name;E-Mail;Rolle\nAnn Lee;ann@example.com;Gast\n\nAbgemeldet\nGrund;Person;E-Mail\nkrank;Bo Berg;bo@example.com\n", refused: "another header"},
	{name: "second table, in other words", file: "Name,Email,Role,Since\nAnn Lee,ann@example.com,Host,1\n\nPending\nStatus,Guest email,Notes,Country\nwaiting,bo@example.com,x,y\n", refused: "another header"},
	{name: "no second table", file: "Name,Email,Role\nAnn Lee,ann@example.com,Host\nBo Berg,no email,Guest\n", people: "ann@example.com=Ann Lee|!"},
	{name: "second table, narrower", file: "Name,Email,Role,Since\nAnn Lee,ann@example.com,Host,1\n\nPending\nEmail,Person\nbo@example.com,Bo Berg\n", refused: "another header"},

	// Encodings.
	{name: "1250 with the addresses", in: charmap.Windows1250, file: "name,email\nJan Dvořák,jan.dvorak@example.cz\nTomáš Řezník,reznik@example.cz\n", people: "jan.dvorak@example.cz=Jan Dvořák|reznik@example.cz=Tomáš Řezník"},
	{name: "1250 without", in: charmap.Windows1250, file: "name,email\nJan Dvořák,jd1@example.cz\nTomáš Řezník,tr2@example.cz\n", refused: "windows-1250: Jan Dvořák"},
	{name: "1254 with the addresses", in: charmap.Windows1254, file: "name,email\nŞahin Ayşe,sahin@example.com\nYıldız Ali,yildiz@example.com\n", people: "sahin@example.com=Şahin Ayşe|yildiz@example.com=Yıldız Ali"},
	{name: "1254 without", in: charmap.Windows1254, file: "name,email\nŞahin Ayşe,a1@example.com\nYıldız Ali,a2@example.com\n", refused: "windows-1254: Şahin Ayşe"},
	{name: "1257 with the addresses", in: charmap.Windows1257, file: "name,email\nJūratė Šimkutė,jurate.simkute@example.lt\nĄžuolas Žukas,azuolas@example.lt\n", people: "jurate.simkute@example.lt=Jūratė Šimkutė|azuolas@example.lt=Ąžuolas Žukas"},
	{name: "8859-2 with the addresses", in: charmap.ISO8859_2, file: "name,email\nTomáš Šťastný,tomas.stastny@example.cz\nŁukasz Żak,lukasz.zak@example.pl\n", people: "tomas.stastny@example.cz=Tomáš Šťastný|lukasz.zak@example.pl=Łukasz Żak"},
	{name: "1251 with the addresses", in: charmap.Windows1251, file: "ФИО;Почта\nИванов Пётр;ivanov@example.com\nЮлия Смирнова;smirnova@example.com\n", people: "ivanov@example.com=Иванов Пётр|smirnova@example.com=Юлия Смирнова"},
	{name: "1251 without", in: charmap.Windows1251, file: "name;email\nИванов Пётр;x1@example.com\n", refused: "--encoding windows-1251"},
	{name: "KOI8-R without", in: charmap.KOI8R, file: "name;email\nИванов Пётр;x1@example.com\n", refused: "--encoding koi8-r"},
	{name: "1253 with the addresses", in: charmap.Windows1253, file: "name;email\nΝίκος Παππάς;nikos.pappas@example.gr\n", people: "nikos.pappas@example.gr=Νίκος Παππάς"},
	{name: "1252, letters that all share", in: charmap.Windows1252, file: "Name;E-Mail\nJörg Öhle;j1@example.com\nÜnal Groß;u@example.com\n", people: "j1@example.com=Jörg Öhle|u@example.com=Ünal Groß"},
	{name: "1252, French with the addresses", in: charmap.Windows1252, file: "Nom complet;Courriel\nHélène François;helene.francois@example.fr\nGaëtan Lemaître;gaetan@example.fr\n", people: "helene.francois@example.fr=Hélène François|gaetan@example.fr=Gaëtan Lemaître"},
	{name: "1252, Spanish with the addresses", in: charmap.Windows1252, file: "Nombre completo;Correo\nJosé Peña;jose.pena@example.es\nÍñigo Núñez;inigo@example.es\n", people: "jose.pena@example.es=José Peña|inigo@example.es=Íñigo Núñez"},
	{name: "1252, Portuguese", in: charmap.Windows1252, file: "Nome completo;E-mail\nJoão Simões;jsimoes@example.pt\nInês Magalhães;ines@example.pt\n", people: "jsimoes@example.pt=João Simões|ines@example.pt=Inês Magalhães"},
	{name: "1250, Hungarian with the addresses", in: charmap.Windows1250, file: "Név;E-mail\nErdős Győző;erdos.gyozo@example.hu\n", refused: "windows-1252: Erdõs Gyõzõ\nwindows-1250: Erdős Győző"},
	{name: "1252, Nordic with the addresses", in: charmap.Windows1252, file: "Navn;E-post\nBjørn Håkansson;bjorn.hakansson@example.no\nÅse Sjøberg;ase@example.no\n", people: "bjorn.hakansson@example.no=Bjørn Håkansson|ase@example.no=Åse Sjøberg"},
	{name: "cp850 with the addresses", in: charmap.CodePage850, file: "name;email\nJörg Müller;joerg.mueller@example.com\nAnne Bäcker;baecker@example.com\n", people: "joerg.mueller@example.com=Jörg Müller|baecker@example.com=Anne Bäcker"},
	{name: "Mac with the addresses", in: charmap.Macintosh, file: "name;email\nJörg Müller;joerg.mueller@example.com\nRené Café;rene@example.com\n", people: "joerg.mueller@example.com=Jörg Müller|rene@example.com=René Café"},
	{name: "Shift_JIS", in: japanese.ShiftJIS, file: "氏名,メールアドレス\n山田 太郎,taro@example.com\n鈴木 花子,hanako@example.com\n", refused: "shift_jis: 山田 太郎"},
	{name: "EUC-JP", in: japanese.EUCJP, file: "氏名,メールアドレス\n山田 太郎,taro@example.com\n鈴木 花子,hanako@example.com\n", refused: "euc-jp: 山田 太郎"},
	{name: "Big5", in: traditionalchinese.Big5, file: "姓名,電子郵件\n黃敏惠,huang@example.com\n歐陽修,ouyang@example.com\n", refused: "big5: 黃敏惠"},
	{name: "EUC-KR", in: korean.EUCKR, file: "이름,이메일\n홍길동,hong@example.com\n김철수,kim@example.com\n", refused: "euc-kr: 홍길동"},
	{name: "GB18030", in: simplifiedchinese.GB18030, file: "姓名,邮箱\n张辉,zhang@example.com\n", refused: "gb18030: 张辉"},
	{name: "GB18030, names in ASCII", in: simplifiedchinese.GB18030, file: "name,email,notes\nZhang Hui,zhang@example.com,北京市朝阳区的客户\n", people: "zhang@example.com=Zhang Hui"},
	{name: "1250, names in ASCII", in: charmap.Windows1250, file: "name,email,city\nAnn Lee,ann@example.com,Plzeň\n", people: "ann@example.com=Ann Lee"},
	{name: "told", in: charmap.Windows1250, file: "name,email\nJan Dvořák,x@example.cz\n", options: Options{Encoding: "windows-1250"}, people: "x@example.cz=Jan Dvořák"},
	{name: "mark beats told", file: "\ufeffname,email\nJosé,x@example.com\n", options: Options{Encoding: "windows-1252"}, people: "x@example.com=José"},

	// Broken letters.
	{name: "mojibake", file: "Name,Email\nHÃ©lÃ¨ne,a@example.com\nPaweÅ‚ KamiÅ„ski,b@example.com\nÐ˜Ð²Ð°Ð½,c@example.com\næ¨å°éƒ,d@example.com\nJÃƒÂ¼rgen,e@example.com\nGro├ƒ,f@example.com\nÄ°brahim,g@example.com\nHélène Çelik,h@example.com\nPaweł Kamiński,i@example.com\nIvan Иванов,j@example.com\n",
		people: "!|!|!|!|!|!|!|h@example.com=Hélène Çelik|i@example.com=Paweł Kamiński|j@example.com=Ivan Иванов"},
	{name: "mixed scripts", file: "Name,Email\nАnn Lee,a@example.com\nJ眉rgen,b@example.com\nJﾃｼrgen,c@example.com\n山田タロウ,d@example.com\nBo Berg,e@example.com\n", people: "!|!|!|d@example.com=山田タロウ|e@example.com=Bo Berg"},
	{name: "escapes", file: "Name,Email\nJ\\u00FCrgen,a@example.com\nJ%C3%BCrgen,b@example.com\nJ&uuml;rgen,c@example.com\nJ=C3=BCrgen,d@example.com\n=?ISO-8859-1?Q?J=FCrgen?=,e@example.com\nJ?rgen,f@example.com\nAnn & Bo,g@example.com\n", people: "!|!|!|!|!|!|g@example.com=Ann & Bo"},
	{name: "names that are right", file: "Name,Email\nŽofia Ľudmila Ďurišová,a@example.com\nNguyễn Thị Ánh,b@example.com\nÓlafur Þór Ægisson,c@example.com\nŞükrü İğdır,d@example.com\nMAŁGORZATA ŻÓŁĆ,e@example.com\nRenée O’Neill-Łoś,f@example.com\nJosé Mª Ñúñez,g@example.com\nÅke Öberg,h@example.com\nΝίκος,i@example.com\nІван Їжак,j@example.com\nمحمد علي,k@example.com\nשרה כהן,l@example.com\nสมชาย ใจดี,m@example.com\n홍길동,n@example.com\nElif Çağlar,o@example.com\nJürgen Groß,p@example.com\nŐrsi Szőke,q@example.com\nBarış Kılıç,r@example.com\nMATÚŠ KOČIŠ,s@example.com\nÁsa Ðórdís,t@example.com\nFriðþjófur Æði,u@example.com\n杨 伟,v@example.com\n",
		people: "a@example.com=Žofia Ľudmila Ďurišová|b@example.com=Nguyễn Thị Ánh|c@example.com=Ólafur Þór Ægisson|d@example.com=Şükrü İğdır|e@example.com=MAŁGORZATA ŻÓŁĆ|f@example.com=Renée O’Neill-Łoś|g@example.com=José Mª Ñúñez|h@example.com=Åke Öberg|i@example.com=Νίκος|j@example.com=Іван Їжак|k@example.com=محمد علي|l@example.com=שרה כהן|m@example.com=สมชาย ใจดี|n@example.com=홍길동|o@example.com=Elif Çağlar|p@example.com=Jürgen Groß|q@example.com=Őrsi Szőke|r@example.com=Barış Kılıç|s@example.com=MATÚŠ KOČIŠ|t@example.com=Ása Ðórdís|u@example.com=Friðþjófur Æði|v@example.com=杨 伟"},
	{name: "names that are right, in other scripts", file: "Name,Email\nরহিম উদ্দিন,s0@example.com\nதமிழ் செல்வன்,s1@example.com\nతెలుగు రావు,s2@example.com\nગુજરાતી પટેલ,s3@example.com\nಕನ್ನಡ ರಾಜ್,s4@example.com\nമലയാളം നായർ,s5@example.com\nਪੰਜਾਬੀ ਸਿੰਘ,s6@example.com\nଓଡ଼ିଆ ଦାସ,s7@example.com\nශ්\u200dරී ලංකා,s8@example.com\nខ្មែរ សុខ,s9@example.com\nລາວ ສົມ,s10@example.com\nမြန်မာ အောင်,s11@example.com\nབོད་ཡིག,s12@example.com\nᠮᠣᠩᠭᠣᠯ,s13@example.com\nሰላም ተስፋዬ,s14@example.com\nދިވެހި,s15@example.com\nराम शर्मा,s16@example.com\nგიორგი ბერიძე,s17@example.com\nԱրամ Պետրոսյան,s18@example.com\n", people: "s0@example.com=রহিম উদ্দিন|s1@example.com=தமிழ் செல்வன்|s2@example.com=తెలుగు రావు|s3@example.com=ગુજરાતી પટેલ|s4@example.com=ಕನ್ನಡ ರಾಜ್|s5@example.com=മലയാളം നായർ|s6@example.com=ਪੰਜਾਬੀ ਸਿੰਘ|s7@example.com=ଓଡ଼ିଆ ଦାସ|s8@example.com=ශ්\u200dරී ලංකා|s9@example.com=ខ្មែរ សុខ|s10@example.com=ລາວ ສົມ|s11@example.com=မြန်မာ အောင်|s12@example.com=བོད་ཡིག|s13@example.com=ᠮᠣᠩᠭᠣᠯ|s14@example.com=ሰላም ተስፋዬ|s15@example.com=ދިވެހި|s16@example.com=राम शर्मा|s17@example.com=გიორგი ბერიძე|s18@example.com=Արամ Պետրոսյան"},
	{name: "and two of them in one word", file: "Name,Email\nরহিমதமிழ்,a@example.com\n", people: "!"},
	{name: "placeholders", file: "Name,Email\nundefined undefined,a@example.com\nnull null,b@example.com\n- -,c@example.com\n[not provided],d@example.com\nNull,e@example.com\nNA,f@example.com\nTrue,g@example.com\n007,h@example.com\nN/A,i@example.com\n(null),j@example.com\nAnn Lee,k@example.com\n",
		people: "a@example.com=a@example.com|b@example.com=b@example.com|c@example.com=c@example.com|d@example.com=d@example.com|e@example.com=Null|f@example.com=NA|g@example.com=True|h@example.com=007|i@example.com=i@example.com|j@example.com=j@example.com|k@example.com=Ann Lee"},
	{name: "placeholders in parts", file: "Vorname;Nachname;E-Mail\nundefined;undefined;a@example.com\nAnn;undefined;b@example.com\nAnn;NULL;c@example.com\nChristopher;Null;d@example.com\n-;Lee;e@example.com\n", people: "a@example.com=a@example.com|b@example.com=Ann|c@example.com=Ann|d@example.com=Christopher Null|e@example.com=Lee"},

	// Addresses.
	{name: "several in a cell", file: "Name;Mail\nAnn Lee;\"a@example.com\r\na2@example.net\"\nBo Berg;b@example.com / b2@example.net\nCy Dahl;c@example.com c2@example.net\nDi Eck;d@example.com and d2@example.net\nEd Fox;e@example.com und e2@example.net\nFay Go;smtp:f2@example.net SMTP:f@example.com\n",
		people: "a@example.com=Ann Lee|b@example.com=Bo Berg|c@example.com=Cy Dahl|d@example.com=Di Eck|e@example.com=Ed Fox|f@example.com=Fay Go"},
	{name: "look-alikes", file: "Name,Email\nAnn Lee,ann＠example.com\nBo Berg,bo@ехample.com\nCy Dahl,ｃｙ@example.com\nDi Eck,di@example。com\nEd Fox,ed@bücher.example\nFay Go,иван@почта.example\n", people: "!|!|!|!|ed@bücher.example=Ed Fox|иван@почта.example=Fay Go"},

	// Forms.
	{name: "wide and empty", file: "Name,Email" + strings.Repeat(",", 3000) + "\nAnn Lee,ann@example.com" + strings.Repeat(",", 3000) + "\n", people: "ann@example.com=Ann Lee"},
	{name: "wide and filled", file: "Name,Email" + strings.Repeat(",x", 3000) + "\nAnn Lee,ann@example.com" + strings.Repeat(",1", 3000) + "\n", refused: "2,000 columns"},
	{name: "130 lines in a cell", file: "Name,Email,Notes\nAnn Lee,ann@example.com,\"" + strings.Repeat("a line\n", 130) + "\"\nBo Berg,bo@example.com,x\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "shifted by a delimiter", file: "Email,Name,Company,\nann@example.com,Lee, Ann,Acme\nbo@example.com,Bo Berg,Acme,\n", people: "!|bo@example.com=Bo Berg"},
	{name: "shifted under an empty column with a header", file: "Email,Name,Company,Notes\nann@example.com,Lee, Ann,Acme\nbo@example.com,Bo Berg,Acme,\ncy@example.com,Cy Dahl,Acme,\n", people: "!|bo@example.com=Bo Berg|cy@example.com=Cy Dahl"},
	{name: "shifted, by the address", file: "Email,Name,City,Notes\nann.lee@example.com,Ann,Lee,Bonn\nbo@example.com,Bo Berg,Ulm,\ncy@example.com,Cy Dahl,Ulm,\ndi@example.com,Di Eck,Bonn,\n", people: "!|bo@example.com=Bo Berg|cy@example.com=Cy Dahl|di@example.com=Di Eck"},
	{name: "a note in one row", file: "Email,Name,City,Notes\nann.lee@example.com,Ann Lee,Bonn,of Lee & Co\nbo@example.com,Bo Berg,Ulm,\ncy@example.com,Cy Dahl,Ulm,\ndi@example.com,Di Eck,Bonn,\n", people: "ann.lee@example.com=Ann Lee|bo@example.com=Bo Berg|cy@example.com=Cy Dahl|di@example.com=Di Eck"},
	{name: "the whole name beside half of one", file: "Display,Given,Sur,Mailbox\nAnn Lee,Ann,Lee,ann.lee@example.com\nBo Berg,Bo,Berg,bo.berg@example.com\nCy Dahl,Cy,Dahl,cy.dahl@example.com\n", refused: "name=Display"},
	{name: "a line break beside a blank", file: "Name,Email\n\"Ann \n Lee\",ann@example.com\n\"Bo\r\nBerg\",bo@example.com\n", people: "ann@example.com=Ann Lee|bo@example.com=Bo Berg"},
	{name: "parents, Croatian", file: "Učenik;Roditelj;E-mail\nMarija Horvat;Željko Horvat;kiwi7@example.com\nIvan Blažević;Ana Blažević;skater@example.com\n", refused: "name="},
	{name: "Welsh", file: "Rhif,Enw llawn,Cyfeiriad e-bost\n1,Siân Prydderch,sian@example.com\n2,Emyr Prydderch,emyr@example.com\n", people: "sian@example.com=Siân Prydderch|emyr@example.com=Emyr Prydderch"},
	{name: "words in brackets that are no part of a name", file: "Name,Email (last known)\nAnn Lee,ann@example.com\n", people: "ann@example.com=Ann Lee"},
	{name: "a second table of unknown words, with its addresses where the others stand", file: "Name,Email,Town\nAnn Lee,ann@example.com,Bonn\nBo Berg,bo@example.com,Ulm\nZubli,Email,Krato\nAdmin,cy@example.com,Blue\n", refused: "another header"},
	{name: "parts that stand in one address of many", file: "Name,First name,Last name,Email\nAnn Lee,Eva,Moe,eva@ex.com\nBo Berg,Ida,Ruud,kiwi7@ex.com\nCy Dahl,Kim,Aas,skater@ex.com\nDi Eck,Ola,Vik,owl@ex.com\nEd Fox,Siv,Lund,fox9@ex.com\nFlo Orr,Tom,Hagen,lily4@ex.com\n", refused: "several columns hold different names"},
	{name: "two good short rows", file: "Name,Email,Company,Notes\nAnn,ann@x.example,ACME\nBo,bo@x.example\nCy,cy@x.example,a,b\n", people: "ann@x.example=Ann|bo@x.example=Bo|cy@x.example=Cy"},
	{name: "jsm_ column of somebody else", file: "name,email,jsm_project\nann,x,1\n", refused: "not addresses"},
	{name: "Total Wine", file: "name,email\nAnn Lee,ann@example.com\nTotal Wine,total@example.com\n", people: "ann@example.com=Ann Lee|total@example.com=Total Wine"},
	{name: "full width after a blank line", file: "name,email,x\nAnn Lee,ann@example.com,\n\nBo Berg,,Foo\n", people: "ann@example.com=Ann Lee|!"},
	{name: "vCard", file: "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\n", refused: "vCard"},
	{name: "LDIF", file: "dn: cn=Ann,dc=example\nmail: a@example.com\n", refused: "LDIF"},
	{name: "LDIF with version", file: "version: 1\n\ndn: cn=Ann\nmail: a@example.com\n", refused: "LDIF"},
	{name: "LDIF of ldapsearch", file: "# extended LDIF\n#\n# LDAPv3\n\ndn: cn=Ann\nmail: a@example.com\n", refused: "LDIF"},
	{name: "JSON lines", file: "{\"email\": \"a@example.com\"}\n{\"email\": \"b@example.com\"}\n", refused: "JSON"},
	{name: "XML", file: "<?xml version=\"1.0\"?><a/>", refused: "XML"},
	{name: "mbox", file: "From a@example.com Mon Jan 1 00:00:00 2024\nSubject: x\n", refused: "mbox"},
	{name: "headerless, nothing of it shown", file: ",Ann,Lee,Acme Secret\n", refused: "!Secret"},
}

// rows writes n rows; row empty has no address.
func rows(n int, format string, empty int) string {
	var b strings.Builder
	for i := range n {
		line := strings.Replace(format, "%d", string(rune('a'+i%26))+string(rune('a'+i/26)), 1)
		line = strings.Replace(line, "%c%c", string(rune('A'+i%26))+"x"+string(rune('a'+i/26)), 1)
		if i == empty {
			cells := strings.Split(line, ",")
			cells[1] = ""
			line = strings.Join(cells, ",")
		}
		b.WriteString(line)
	}
	return b.String()
}

func peopleOf(rows []*Row) string {
	var list []string
	for _, r := range rows {
		if r.Sendable() {
			list = append(list, r.Email+"="+r.Name)
		} else {
			list = append(list, "!")
		}
	}
	return strings.Join(list, "|")
}

// run reads the file and compares who comes out of it, or why it is refused.
func (c exported) run(t *testing.T) {
	text := c.file
	if c.in != nil {
		var err error
		if text, err = c.in.NewEncoder().String(c.file); err != nil {
			t.Fatal(err)
		}
	}
	_, rows := readOrRefuse(t, text, c.options, c.refused)
	if c.refused != "" {
		return
	}
	if diff := cmp.Diff(strings.Split(c.people, "|"), strings.Split(peopleOf(rows), "|")); diff != "" {
		t.Error(diff)
	}
}

// An encoding of several bytes for a letter is certain by more than three names, and a header or names in it alone.
func TestNamesInAWideEncoding(t *testing.T) {
	family, given := []rune("林森原岡星"), []string{"太郎", "花子", "健太", "美咲"}
	const uncertain = "shift_jis: 林 太郎"
	for header, many := range map[string]string{"氏名,メールアドレス": "", "Name,Email": uncertain} {
		for n, want := range map[int]string{3: uncertain, 4: many} {
			file, people := header+"\n", []string{}
			for i := range n {
				name := fmt.Sprintf("%c %s", family[i%5], given[i%4])
				file += fmt.Sprintf("%s,u%d@example.com\n", name, i)
				people = append(people, fmt.Sprintf("u%d@example.com=%s", i, name))
			}
			exported{in: japanese.ShiftJIS, file: file, refused: want, people: strings.Join(people, "|")}.run(t)
		}
	}
}

func TestShapes(t *testing.T) {
	for _, c := range slices.Concat(shapes, choices, harms, whose) {
		t.Run(c.name, c.run)
	}
}
