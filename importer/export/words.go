package export

import (
	"strings"
	"sync"
)

// aliasTable has the headers that mean a field, in the languages that
// helpdesks are used in; the best of several comes first. It only proposes: the
// cells confirm.
var aliasTable = map[Field]string{
	Email: `email | email address | primary email | primary email address | mail | mail address | email id |
		user email | contact email | customer email | requester email | end user email | work email |
		work email address | email 1 | email address 1 | email 1 value | email work | email home |
		primary smtp address | smtp address | internet email | electronic mail | email addresses | emails |
		email addr | mail 1 | mail id | your email | email adress | mail addr | E-Mail-Adresse |
		Mailadresse | Emailadresse | E-Post | E-Postadresse | E-Mail (geschäftlich) | Kontakt E-Mail |
		adresse e-mail | adresse mail | courriel | courriels | adresse courriel | adresse électronique |
		adresse de messagerie | adresse de courriel | adresse e-mail principale | mél | correo | correos |
		correo electrónico | dirección de correo | dirección de correo electrónico | email de contacto |
		correo-e | dirección de email | endereço de e-mail | endereço eletrônico | correio eletrônico |
		correio electrónico | e-mail do contato | endereço de correio eletrónico | indirizzo e-mail |
		posta elettronica | indirizzo di posta elettronica | indirizzo mail | e-mailadres | mailadres |
		e-postadress | epost | mejl | mejladress | epostadresse | sähköposti | sähköpostiosoite |
		adres e-mail | adres poczty elektronicznej | e-mailová adresa | e-mail cím | adresă de e-mail |
		adresa de email | e-posta | e-posta adresi | электронная почта | адрес электронной почты | почта |
		эл. почта | електронна пошта | имейл | ηλεκτρονικό ταχυδρομείο | メールアドレス | メール | eメール | eメールアドレス |
		電子メール | 邮箱 | 电子邮箱 | 电子邮件 | 邮箱地址 | 电子邮件地址 | 電子郵件 | 電子信箱 | 이메일 | 이메일 주소 | 메일 | 전자우편 | địa chỉ email |
		thư điện tử | דוא"ל | אימייל | البريد الإلكتروني | อีเมล`,
	Name: `full name | display name | real name | contact name | name | contact full name | customer name |
		requester name | person name | full name of contact | user full name | last name, first name |
		last, first | surname, first name | common name | cn | vollständiger Name | voller Name |
		Anzeigename | Kontaktname | Kundenname | Vor- und Nachname | Vorname Nachname |
		Vorname und Nachname | Name, Vorname | Nachname, Vorname | Nachname Vorname | Ansprechpartner |
		nom complet | nom et prénom | prénom et nom | nom prénom | prénom nom | nom, prénom | nom affiché |
		nom d'affichage | nom du contact | nom | nombre completo | nombre y apellidos | nombre y apellido |
		apellidos y nombre | nombre para mostrar | nombre del contacto | nombre de contacto | nombre |
		nome completo | nome e sobrenome | nome e apelido | nome de exibição | nome do contato |
		nome do contacto | nome e cognome | cognome e nome | nome visualizzato | nome contatto |
		nominativo | nome | volledige naam | weergavenaam | contactnaam | naam | fullständigt namn |
		visningsnamn | namn | fulde navn | fuldt navn | fullt navn | visningsnavn | navn | koko nimi |
		nimi | imię i nazwisko | nazwisko i imię | pełna nazwa | celé jméno | jméno a příjmení |
		příjmení a jméno | meno a priezvisko | nume complet | nume și prenume | teljes név | név |
		ad soyad | adı soyadı | полное имя | фио | имя и фамилия | фамилия и имя | ονοματεπώνυμο | jméno |
		meno | nume | ime | ime i prezime | ime in priimek | ad | adı | име | пълно име | піб | họ và tên |
		họ tên | שם מלא | الاسم الكامل | ชื่อ-นามสกุล | 氏名 | 名前 | お名前 | ご氏名 | お客様名 | 顧客名 | 担当者名 | 会員名 |
		客户名称 | 고객명 | 담당자명 | フルネーム | 表示名 | 姓名 | 显示名称 | 全名 | 名称 | 顯示名稱 | 이름 | 성명 | 성함 | ` + personTable,
	FirstName: `first name | given name | forename | first | contact first name | preferred first name |
		name first | Vorname | Rufname | prénom | prénoms | nombre de pila | primer nombre | nombres |
		primeiro nome | voornaam | roepnaam | förnamn | tilltalsnamn | fornavn | etunimi | imię | imiona |
		křestní jméno | krstné meno | prenume | eesnimi | vārds | vardas | keresztnév | utónév | isim |
		имя | ім'я | собствено име | όνομα | 名 | 名字 | given names | first names | tên | שם פרטי |
		الاسم الأول | ชื่อ`,
	MiddleName: `middle name | middle names | middle initial | additional name | second name | name middle |
		Weitere Vornamen | zweiter Vorname | deuxième prénom | autres prénoms | segundo nombre |
		nome do meio | tussenvoegsel | tussenvoegsels | voorvoegsel | voorvoegsels | mellannamn |
		mellemnavn | mellomnavn | drugie imię | отчество | по батькові | tên đệm | 中间名`,
	LastName: `last name | surname | family name | last | contact last name | name last | sn | Nachname |
		Familienname | Zuname | nom de famille | nom d'usage | nom usuel | apellidos | apellido |
		primer apellido | apellido paterno | apellido 1 | sobrenome | apelido | apelidos | último nome |
		cognome | achternaam | familienaam | efternamn | efternavn | etternavn | sukunimi | nazwisko |
		příjmení | priezvisko | priimek | prezime | pavardė | perekonnanimi | uzvārds | nume de familie |
		vezetéknév | családnév | soyad | soyadı | soyisim | фамилия | прізвище | επώνυμο | 姓 | 姓氏 | 苗字 |
		성 | 성씨 | họ | שם משפחה | اسم العائلة | นามสกุล`,
	secondLast: `segundo apellido | apellido materno | apellido 2 | second last name | second surname |
		second family name | segundo sobrenome`,
	Organization: `organization | organisation | organization name | organisation name | company | company name |
		account name | companies | associated company | organization 1 name | account | employer | Firma |
		Firmenname | Unternehmen | Organisation | société | entreprise | organisme | nom de l'entreprise |
		nom de la société | raison sociale | empresa | compañía | organización | nombre de la empresa |
		organização | nome da empresa | azienda | società | organizzazione | nome azienda |
		ragione sociale | bedrijf | bedrijfsnaam | organisatie | företag | virksomhed | bedrift | yritys |
		organizacja | společnost | cég | şirket | компания | организация | 会社 | 会社名 | 组织 | 公司 | 单位 | 회사 |
		회사명`,
	ExternalID: `external id | unique external id | externe ID | external user id | user id | contact ext id |
		contact id | customer id | record id | sys id | object id | id externe | id externo | id esterno |
		id | object guid | employee id`,
	AccountID: `jsm_account_id | account id | atlassian account id | jira account id`,
}

// personTable has headers that mean a name where names stand below them, and
// a telephone number or a department elsewhere.
const personTable = `contact | contact person | kontakt | kontaktperson | contacto | persona de contacto | contatto |
		contato | contactpersoon | personne de contact | interlocuteur | requester | requestor |
		osoba kontaktowa | customer | client | person | kunde | cliente | klient | 联系人 | 担当者`

// halfTable has headers that mean a full name in some files and half of one in others.
const halfTable = `name | nom | nombre | nome | naam | namn | navn | nimi | név | jméno | meno | nume | ime | ad |
		adı | име | 이름 | имя | 名前 | 名字 | 名称`

// selfTable has words that say of a header no more than that it is the person's own.
const selfTable = `customer client user users contact person people employee member student requester requestor caller
		subscriber attendee guest participant end reporter patient applicant candidate full complete your
		my individual staff teacher lead kunde kunden klient klienten kontakt mitarbeiter benutzer nutzer
		teilnehmer mitglied person schüler utilisateur salarié adhérent destinataire cliente clientes
		usuario usuarios contacto empleado socio alumno utente contatto dipendente socio usuário utilizador
		contato funcionário klant gebruiker medewerker deelnemer lid kund användare medlem kunde bruger
		bruker medlem asiakas käyttäjä klient klienta użytkownik użytkownika pracownik zákazník zákazníka
		uživatel お客様 顧客 ご担当者 担当者 会員 社員 客户 用户 员工 联系人 学生 고객 사용자 담당자 회원 직원 müşteri kullanıcı çalışan клиент
		клиента пользователь пользователя сотрудник сотрудника ügyfél felhasználó client clientului`

// linkTable has the small words between the words of a header.
const linkTable = `of the de del du des da do dos della di d l la le el van von der den för til i a`

// mailKinds say of an address where it is read, not whose it is.
const mailKinds = `work home private business personal primary main office company corporate professional default
		internet windows address addresses id value principal principale principal geschäftlich privat
		haupt professionnel personnel trabajo personal lavoro zakelijk jobb`

// mailWords stand in headers of addresses, whatever else does.
const mailWords = `mail courriel correo posta correio epost sahkoposti mejl почт пошт имейл メール 邮箱 邮件 郵件 信箱 이메일 메일
		전자우편 ταχυδρομει אימייל البريد อีเมล`

// elsewhereTable has words of headers that speak of another person.
const elsewhereTable = `owner manager agent assistant supervisor assignee assigned assignees creator created updated
		modified author referrer referral rep representative parent sender reply bounce forwarding
		emergency spouse by executive csm salesperson seller technician consultant submitter approver cc
		bcc besitzer inhaber eigentümer zuständig zuständiger bearbeiter vorgesetzter vorgesetzte betreuer
		verantwortlicher notfallkontakt propriétaire responsable gestionnaire propietario gerente
		proprietário gestor proprietario eigenaar beheerder ägare chef leidinggevende opiekun przełożony
		kierownik yönetici sorumlu менеджер руководитель ответственный 上司 管理者 经理 主管 负责人 담당관`

// furtherTable has words of headers of a person's further addresses.
const furtherTable = `alternate alternative secondary additional other previous old former backup recovery alternativ
		alternative sekundär sekundäre weitere zusätzlich zusätzliche wiederherstellung secondaire
		secondaires supplémentaire supplémentaires alternatif secours autre autres récupération
		recuperación secundario secundarios adicional adicionales alternativo otro otros recuperação
		recupero secondario secondari aggiuntivo aggiuntivi aggiuntive herstel secundair secundaire extra
		alternatief`

// elsewhereEndings end such words in languages that write them as one: Kontaktinhaber.
var elsewhereEndings = []string{"inhaber", "inhaberin", "besitzer", "bearbeiter", "betreuer", "betreuerin",
	"berater", "eigenaar", "beheerder", "ägare"}

// loginTable has headers of names that people log in with. They may look like
// addresses and are none.
const loginTable = `user principal name | upn | username | user name | login | login name | user login |
		sam account name | user | benutzername | anmeldename | nom d'utilisateur | identifiant |
		nombre de usuario | usuario | nome de usuário | nome utente | gebruikersnaam | användarnamn |
		brugernavn | brukernavn | distinguished name | dn | sip address | proxy addresses | uid | alias |
		nickname | kullanıcı adı | nazwa użytkownika | uživatelské jméno | логин | имя пользователя | 用户名 |
		ユーザー名 | ログインid | 사용자 아이디 | 아이디 | 帳號 | 账号`

// readingTable has words of headers under which the sound of a name stands.
const readingTable = `kana furigana phonetic romaji pinyin カナ かな フリガナ ふりがな ローマ字 読み 拼音 발음`

// otherTable has headers under which no names stand.
const otherTable = `notes note details comment comments description remarks phone mobile fax telephone role roles
		status state type tags tag group groups country city town street address postcode zip region
		language locale lang time zone timezone title job position department division team location office
		gender sex salutation prefix suffix plan currency website url source category subject priority
		birthday birthdate date age active enabled suspended restriction password dn object class x
		bemerkung bemerkungen notiz notizen telefon mobil handy rolle ort stadt strasse straße plz land
		sprache anrede titel abteilung position beruf standort gruppe geschlecht téléphone portable
		fonction service pays ville rue langue civilité sexe rôle poste teléfono móvil cargo puesto
		departamento país ciudad calle idioma telefone celular cidade rua ruolo telefono cellulare città
		via paese lingua telefoon plaats straat functie afdeling telefonnummer ort stad puhelin stanowisko
		dział miasto telefon unvan departman şehir телефон город должность отдел 電話 電話番号 部署 役職 住所 性別 电话 部门
		职位 性别 地址 전화번호 부서 직급 성별 주소`

// secondLast is "López" of "María García López", a field that --column has not.
const secondLast = fields

type dictionary struct {
	ranks map[string]map[Field]int // key → field → place in the table

	self, links, mailKinds, elsewhere, further, other, half, person, logins, familyFirst map[string]bool

	mails, readings []string
}

var words = sync.OnceValue(func() *dictionary {
	d := &dictionary{
		ranks: map[string]map[Field]int{}, self: keySet(selfTable, " "), links: keySet(linkTable, " "),
		mailKinds: keySet(mailKinds, " "), elsewhere: keySet(elsewhereTable, " "), further: keySet(furtherTable, " "),
		other: keySet(otherTable, " "), half: keySet(halfTable, "|"), person: keySet(personTable, "|"),
		logins: keySet(loginTable, "|"), familyFirst: keySet("vezetéknév|családnév|keresztnév|utónév|họ", "|"),
		mails: keys(mailWords, " "), readings: keys(readingTable, " "),
	}
	for field, list := range aliasTable {
		for rank, key := range keys(list, "|") {
			if d.ranks[key] == nil {
				d.ranks[key] = map[Field]int{}
			}
			if _, ok := d.ranks[key][field]; !ok {
				d.ranks[key][field] = rank
			}
		}
	}
	return d
})

// keys are the words of a table as headers are compared.
func keys(table, separator string) []string {
	var list []string
	for _, w := range strings.Split(strings.ReplaceAll(table, "\n", separator), separator) {
		if key := squeeze(w); key != "" {
			list = append(list, key)
		}
	}
	return list
}

func keySet(table, separator string) map[string]bool {
	set := map[string]bool{}
	for _, key := range keys(table, separator) {
		set[key] = true
	}
	return set
}

// isKnown reports a header that is in the table of fields, or of what is none.
func (d *dictionary) isKnown(key string) bool { return d.ranks[key] != nil || d.other[key] }

// isSelf reports words that say no more than that something is the person's own.
func (d *dictionary) isSelf(group string) bool {
	for w := range d.self {
		if rest, found := strings.CutPrefix(group, w); found && d.isSelf(rest) {
			return true
		}
	}
	return group == ""
}
