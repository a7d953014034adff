"""Words that say nothing about what a text is about, by language; short lists of our own, without
accents. A language that has no list keeps all its words."""

from __future__ import annotations


def _list(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EN = _list(
    """
    a about above across after again against all almost along already also although always am
    among an and another any anyone anything are around as ask asked at away back be became
    because become been before began being below best better between both but by came can cannot
    cant come comes common could day days did didnt different do does doesnt doing done dont
    down due during each either else end enough etc even ever every everyone example few find
    first five for found four from further gave get gets getting give given go goes going gone
    good got great had happen has have having he help helps her here hers herself high him
    himself his how however i if im in include included includes including instead into is isnt
    it its itself ive just keep kind know known large last later learn least less let lets like
    likely list little long look lot made main make makes making many may maybe me means might
    more most much must my myself near need needs never new next no none nor not nothing now of
    off often on once one ones only or order other others otherwise our ours out over own part
    parts people per perhaps please possible put rather re read really said same say says second
    see seem seems seen several shall she should show since small so some someone something
    sometimes soon still such sure take taken takes taking tell than that thats the their theirs
    them themselves then there these they thing things think this those though three through
    time times to today together told too toward try two type types under until up upon us use
    used useful uses using usually various very via want wants was way ways we well went were
    werent what whats when where whether which while who whole whom whose why will with within
    without wont work would year years yes yet you your youre yours yourself
    """
)
_ES = _list(
    """
    a al algo algun alguna algunas alguno algunos alla alli ante antes aquel aquella aquellas
    aquello aquellos aqui asi aun aunque bajo bien cada casi como con contra cosa cosas cual
    cuales cualquier cuando cuanto de debe deben del desde donde dos durante e el ella ellas
    ellos en entre era eran es esa esas ese eso esos esta estaba estan estar estas este esto
    estos fue fueron ha habia hace hacer hacia han hasta hay he incluso la las le les lo los
    luego mas me mediante menos mi mientras mis mismo mucha muchas mucho muchos muy nada ni
    ningun ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para parte
    pero poco por porque pueda puede pueden pues que quien quienes se sea sean segun ser si sido
    siempre sin sino sobre solo son su sus tal tambien tan tanto te tener ti tiene tienen toda
    todas todo todos tras tu tus un una unas uno unos usted ustedes va vez y ya yo
    """
)
_DE = _list(
    """
    ab aber alle allem allen aller alles als also am an andere anderen anderer anderes auch auf
    aus bei beim bereits bin bis bist da dabei dadurch dafur damit danach dann daran darauf darf
    das dass davon dazu dein deine dem den denn der deren des dessen die dies diese diesem
    diesen dieser dieses doch dort du durch durfen eher ein eine einem einen einer eines einige
    einigen einmal er es etwa etwas euch euer fur ganz gegen gibt habe haben hat hatte hatten
    hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja je jede
    jedem jeden jeder jedes jedoch jetzt kann kein keine keinem keinen keiner konnen konnte
    konnten man manche mehr mein meine mit mochte muss mussen nach nachdem neben nicht nichts
    noch nun nur ob oder oft ohne schon sehr sei sein seine seinem seinen seiner seit sich sie
    sind so sobald sogar solche soll sollen sollte sondern sonst sowie uber um und uns unser
    unsere unter viel viele vom von vor wahrend war waren warum was weil weiter welche welchem
    welchen welcher welches wenn wer werde werden wie wieder will wir wird wo wurde wurden zu
    zum zur zwar zwei zwischen
    """
)
_FR = _list(
    """
    a afin ai ainsi alors apres au aucun aucune aupres aussi autre autres aux avant avec avez
    avoir avons bien car ce ceci cela celle celles celui cependant ces cet cette ceux chaque
    chez comme comment contre d dans de depuis des deux doit doivent donc dont du elle elles en
    encore entre est et etaient etait etant ete etes etre eu fait faire faut font hors il ils j
    je jusqu l la le les leur leurs lors lorsque lui m ma mais me meme memes mes moi moins mon n
    ne ni non nos notre nous on ont ou par parce parfois pas pendant peu peut peuvent plus
    plusieurs plutot pour pourquoi puis qu quand que quel quelle quelles quelque quelques quels
    qui quoi s sa sans se selon sera ses si soit son sont sous souvent sur ta tandis te tel
    telle tes toi ton toujours tous tout toute toutes tres trop tu un une vers voici voila vos
    votre vous y
    """
)
_PT = _list(
    """
    a agora ainda alem algo alguem algum alguma algumas alguns ali ambos antes ao aos apenas
    apos aquela aquelas aquele aqueles aquilo as assim ate bem cada coisa com como contra
    contudo da das de dela delas dele deles depois desde dessa desse desta deste deve devem
    disso do dois dos durante e ela elas ele eles em embora enquanto entao entre era eram essa
    essas esse esses esta estao estar estas este estes eu faz fazer foi foram ha isso isto ja la
    lhe lhes logo mais mas me meio menos mesma mesmo meu meus minha muita muitas muito muitos na
    nada nao nas nem nenhum nessa nesse nesta neste no nos nossa nosso num numa nunca o onde os
    ou outra outras outro outros para pela pelas pelo pelos pode podem por porque pouco qual
    quais qualquer quando quanto quase que quem sao se seja sem sempre ser seu seus si sido sim
    so sob sobre sua suas tal tambem tanto tao te tem tempo tenha ter teu toda todas todo todos
    tu tudo um uma umas uns vai vez voce voces
    """
)
_IT = _list(
    """
    a abbia ad agli ai al alcuna alcune alcuni alla alle allo altra altre altri altro anche
    ancora avere c che chi ci cio coi col come con contro cosa cosi cui d da dagli dai dal dalla
    dalle degli dei del dell della delle dello di dopo dove due e ed era essere fa fino fra gia
    gli ha hanno ho i il in io l la le lei lo loro lui ma mai me meno mentre mi mia mio molto ne
    negli nei nel nella nelle nello noi non nostra nostro o ogni oppure per perche piu poi
    possono prima puo qual quale quali quando quanto quasi quella quelle quelli quello questa
    queste questi questo qui quindi se sempre senza si sia sono sopra sotto sta su sua sue sugli
    sui sul sulla suo suoi tra tu tutta tutte tutti tutto un una uno verso vi voi
    """
)
_NL = _list(
    """
    aan aangezien al alle alleen als altijd andere ben bij dan dat de der deze die dit doch doen
    door dus een eens elk en er ge geen geweest haar had hadden heb hebben heeft hem het hier
    hij hoe hun iemand iets ik in is ja je jouw kan kon kunnen maar me meer men met mij mijn
    moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen tijdens toch
    toen tot u uit uw van veel voor want waren was wat we wel werd wezen wie wij wil worden
    wordt zal ze zelf zich zij zijn zo zonder zou
    """
)
_AR = _list(
    """
    في من على إلى الى عن مع هذا هذه ذلك تلك هو هي هم هن هناك هنا أن ان إن أو او و ثم لا ما لم لن
    ليس ليست كان كانت يكون تكون قد كل بعض غير بين بعد قبل عند حتى إذا اذا كما مثل أي اي التي
    الذي الذين اللذين اللاتي لكن ولكن لأن لان حيث منذ خلال حول دون أيضا ايضا فقط أكثر اكثر جدا
    نحن انت أنت أنا انا له لها لهم به بها فيه فيها منه منها عليه عليها إليه إليها وهو وهي ومن
    وفي وما ولا كيف متى أين لماذا ماذا هل يمكن يجب قال عندما بسبب عبر ضد لدى أحد احد تم ذات ضمن
    """
)

STOP_WORDS: dict[str, frozenset[str]] = {
    "ar": _AR,
    "de": _DE,
    "en": _EN,
    "es": _ES,
    "fr": _FR,
    "it": _IT,
    "nl": _NL,
    "pt": _PT,
}
