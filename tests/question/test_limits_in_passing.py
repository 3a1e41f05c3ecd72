"""Limits that are only touched on ("no AI experience", "the GPU is no problem") and short ones ("no cloud")."""

from __future__ import annotations

import pytest

from apercu.question.limits import read_limits
from apercu.question.read import read_question

_AI_IN_PASSING = """
I'm not an AI expert, I want a photo 2x
Not an AI person, but need this photo 2x
I have no AI experience. Enlarge 3x?
no AI knowledge here, how do I enlarge a photo 2x
I don't have any AI software, how do I enlarge 2x?
No AI tool I tried kept the grain, 2x
No sé nada de IA, foto x2
no neural network knowledge needed please, 2x photo
enlarge 2x and print without ai guessing hairs
enlarge my photo 2x without the AI guessing things
no AI-generated details, photo 2x
Foto ohne KI-Artefakte 2x vergrößern
Foto 3fach ohne KI-Fantasie
Keine KI-Erfindungen, Foto 2x
不要AI乱编，放大2倍
I'm not an AI engineer, which model doubles a photo?
No AI background, please explain simply. Photo 2x
No AI skills at all, enlarge my scan 4x
I have no AI subscription, enlarge photo 2x
I don't have an AI subscription, enlarge photo 2x
This is not an AI picture, it's a real photo. Enlarge 2x
My photo is real and not AI-generated, enlarge 3x
no AI upscaler I know keeps the letters sharp, 4x
No AI model has satisfied me so far, photo 2x
I have no machine learning experience, photo 2x
without AI hallucinations, photo 4x
without any AI inventing wrinkles, photo 2x
without letting AI make things up, 2x photo
Ich habe keine KI-Erfahrung, Foto 2x
Ich bin kein KI-Experte, Foto 2x vergrößern
Ich habe keine KI-Software, wie vergrößere ich ein Foto 2x?
Ohne dass KI etwas dazuerfindet, Foto 2x
keine KI Kenntnisse, Foto 2x
ohne KI-Kenntnisse ein Foto verdoppeln
Je n'ai aucune expérience en IA, photo x2
Sans que l'IA invente des détails, photo x2
sans IA qui invente, photo x2
Pas d'IA qui invente des cheveux, photo x2
Je n'ai pas d'IA sur mon ordinateur, agrandir une photo x2
sin IA que invente cosas, foto x2
No tengo ninguna IA instalada, ampliar foto x2
No entiendo nada de IA, ampliar foto x2
AI 지식 없이 사진 2배
AI가 지어내지 않게 사진 2배
AI는 잘 몰라요. 사진 2배
AIの知識なしで写真を2倍
AIに勝手に描き足されたくない、写真を2倍
AIは詳しくないです。写真を2倍にしたい
不要AI瞎编细节，照片放大2倍
不用AI基础也能用的放大工具，2倍
无需AI知识，照片放大2倍
不要AI味，照片放大2倍
不要AI脑补，照片放大4倍
Any AI is fine, photo 2x
which AI does not invent detail? 4x photo
Is there no AI that can do 2x for photos?
Why does no AI get hair right? photo 2x
There's no AI that beats bicubic? photo 2x
I'm no AI wizard. Double my photo
not being an AI nerd, I need help: photo 2x
with no AI training, can I use this? photo 2x
I don't know AI, photo 2x
I've never used AI before, photo 2x
I have never used AI, enlarge a photo 2x
Ich habe noch nie KI benutzt, Foto 2x
Welche KI vergrößert Fotos 2x?
Keine KI hat bisher die Haare erhalten. Foto 2x
Je n'ai jamais utilisé l'IA, photo x2
¿Qué IA amplía fotos x2?
AI를 한 번도 안 써 봤어요. 사진 2배
AIを使ったことがない初心者です。写真を2倍に
没用过AI，照片放大2倍
我不懂AI，照片放大2倍
"""
_NO_AI = """
no AI, 2x photo
without AI, enlarge my photo 3x
Enlarge my photo 2x, no AI please
Enlarge my photo 2x without AI
Enlarge without AI 2x
without AI upscaling, enlarge 2x
no AI upscaling, photo 2x
No AI tools, photo 2x
no AI involved, just resize 2x
no AI-based methods, 2x photo
no neural networks, 2x photo
without any neural network, photo 4x
without machine learning, double my photo
not with AI, photo 2x
photo 2x but not AI
I don't want AI, photo 2x
please do not use AI, enlarge 2x
no AI allowed, photo 2x
no AI whatsoever, photo 2x
No AI is allowed here, photo 2x
how can I enlarge a photo without AI for print 2x
how do I double a photo without AI and without Photoshop
zero AI, 2x photo
can I enlarge a scan without using any AI? 3x
Foto ohne KI vergrößern, 2x
keine KI, Foto 2x
bitte ohne KI, Scan verdreifachen
ohne neuronale Netze, Foto 2x
ohne KI-Tools ein Foto verdoppeln
ohne KI Foto verdoppeln
sans IA, photo x2
pas d'IA, photo x2
agrandir une photo sans intelligence artificielle x2
sin IA, foto x2
ampliar una foto sin usar IA x2
nada de IA, foto x2
AI 없이 사진 2배
AI 말고 사진 2배 확대
AIなしで写真を2倍
AIを使わずに写真を2倍に
不用AI，照片放大2倍
不要AI，放大2倍
不用AI放大图片2倍
不使用神经网络，照片放大2倍
I'm not a fan of AI; no AI. photo 2x
AI-free enlargement 2x of my photo
no ai pls, photo 2x
Photo 2x. No AI!
is it possible to enlarge a photo 2x without AI?
enlarge 2x (no AI)
Photo 2x "no AI"
Enlarge my scan without AI or neural networks 2x
NO AI just make it twice as big
AI must not be used, enlarge 2x without AI
Without AI how can I enlarge a photo 2x
without ai make this photo 3x bigger
my boss forbids AI, photo 2x
I'm against AI, photo 2x
keine KI bitte! Foto 2x
ohne KI das Foto verdoppeln
kann man ohne KI ein Foto verdoppeln?
ohne KI-Modelle Foto 2x
pas d'IA s'il vous plaît, photo x2
Sans IA générative ni autre, photo x2
sin IA por favor, foto x2
不要用AI，照片放大2倍
"""
_STAYS_HERE = """
2x, no cloud
Enlarge my logo 2x, no cloud.
Triple it. No cloud, patient data (x-rays).
x-rays of patients, 2x, no cloud
photo 2x, my client pays, no cloud, Mac mini without GPU
without the cloud, photo 3x
enlarge photo 2x, no cloud upload
make the logo offline 2x
must not leave the clinic, double size of the x-ray
GDPR: pictures stay in-house. 2x
without registering or uploading, 2x photo
Upscaler that doesn't phone home, 2x photo
离线的图片放大软件推荐，4倍
Enlarge ultrasound pictures 2x on our own computers only
photo 2x and no cloud
no cloud, no subscription, photo 4x
Enlarge a scan 3x; no cloud allowed
No cloud at all! photo 2x
photo 2x with no cloud involved
no cloud stuff please, photo 2x
no cloud AI, photo 2x
no cloud processing, 3x scan
enlarge my photo offline
upscale photos 4x offline
Double my photo offline, please
enlarge it offline 3x
how do I enlarge scans offline?
I want to upscale my photos offline without a subscription
may not leave our hospital, scans 2x
cannot leave the building; scan 3x
Scans must be kept in-house, 2x
everything has to stay in house, upscale scans 2x
in-house only, enlarge the scans 2x
upscale photo 2x without sign-up or upload
without an account or uploading anything, 2x photo
no telemetry, no phoning home, 2x photo
an enlarger that never phones home, 3x photo
Foto offline vergrößern, 2x
Ich will Fotos offline verdoppeln
ohne die Cloud, Foto 2x
Programm, das nicht nach Hause telefoniert, Foto 2x
Bilder bleiben im Haus (DSGVO), 2x
sans le cloud, photo x2
agrandir une photo hors ligne x2
sin nube, foto x2
sin la nube, ampliar foto x2
ampliar una foto offline x2
클라우드 없이 사진 2배
오프라인의 사진 확대 프로그램, 2배
オフラインの画像拡大ソフト、2倍
オフラインで写真を2倍に
离线放大照片2倍
不要云端，照片放大2倍
本地的图片放大工具，2倍
能离线使用的图片放大软件，2倍
can I do this offline? photo 2x
Offline, please: double my scan
no cloud whatsoever, 2x photo
No cloud! 3x photo
photo 2x (no cloud)
keep it in-house, photo 2x
It may not leave our office. photo 2x
scans 2x; may never leave the archive
nothing that phones home, photo 2x
double the photo without logging in or uploading it
without sending my scans to the cloud, 2x
a program without cloud, photo 2x
"""
_GOES_ANYWHERE = """
The sky has no cloud, enlarge 2x.
A blue sky, no cloud, enlarge the photo 2x
no clouds in my picture, 2x
landscape, sunny, no cloud in sight, 3x
Photo of the mountain with no cloud, 2x
There is no cloud above the sea in my photo, 2x
My grandma can't leave the hospital, enlarge her photo 2x
My dog must not leave the house, photo 2x
Offline print of my photo, 2x
poster for an offline meeting, 2x
The picture is for our online and offline ads... enlarge 2x
It need not be offline, photo 2x
online or offline, I don't care, 2x photo
The old site went offline, enlarge the saved logo 2x
I phone home every day; enlarge this photo of my mum 2x
E.T. phone home poster, 4x
photo 2x to upload without registering
My in-house designer made this logo, 2x
photo of an in-house party 2x
The patient left the clinic, enlarge her photo 2x
You must not leave the path, says the sign. enlarge 2x
本地风景的图片放大4倍
云的照片放大2倍
雲のない空の写真を2倍に
구름 없는 하늘 사진 2배
Himmel ohne Wolken, Foto 2x
un ciel sans nuage, photo x2
cielo sin nubes, foto x2
una foto sin nube alguna en el cielo, x2
I took our site offline. Enlarge its old banner 3x
A photo of offline protest signs 2x
Make a poster for our offline store, 4x
make a photo bigger because our online shop is closed and we sell offline stuff 2x
enlarge the photo of a cloud 2x
remove the cloud, then enlarge 2x
photo with no clouds, 2x
My husband can't leave the hospital; enlarge his photo 2x
without signing up I could upload nothing, it was too small. 2x photo
cloud photo 2x
photo of the Alps without the cloud, the sky should be blue. 2x
The kids must not leave the house, photo 2x
"""
_A_CARD = """
GPU is no problem, photo 2x
GPU isn't a problem, photo 4x
the GPU isn't an issue, we've an A100, photo 2x
I've got no GPU problems, photo 2x
I have no problems with my graphics card, photo 2x
keine Probleme mit der GPU, Foto 2x
pas de problème de GPU, photo x4
la GPU no es problema, foto x2
GPU 걱정은 없어요, 사진 2배
It runs on my laptop's RTX 3060, photo 2x
GPU is not a problem, photo 3x
A graphics card is no issue, photo 2x
GPU no problem, photo 4x
graphics cards are not a concern here, photo 4x
we have no shortage of GPUs, photo 4x
no lack of GPU power, photo 4x
GPU is no bottleneck, photo 2x
no GPU limits here, photo 2x
GPU power is no object, photo 4x
It runs on my laptop with an RTX 4070, photo 2x
Die GPU ist kein Problem, Foto 2x
Grafikkarte ist kein Thema, Foto 2x
An der Grafikkarte scheitert es nicht, Foto 2x
An GPU fehlt es nicht, Foto 2x
le GPU n'est pas un problème, photo x2
aucun souci de carte graphique, photo x2
aucun problème avec ma carte graphique, photo x2
la tarjeta gráfica no es un problema, foto x2
no tengo problemas de GPU, foto x2
sin problemas de GPU, foto x2
GPU는 문제 없어요, 사진 2배
그래픽카드는 문제가 아니에요. 사진 2배
GPUは問題ない、写真を2倍に
GPUの心配はありません。写真を2倍
显卡不是问题，照片放大2倍
显卡没问题，照片放大2倍
不缺显卡，照片放大2倍
GPU不用担心，照片放大4倍
Enlarge ultrasound pictures 2x on our own computers only
foto 2x, ein altes Bild, ist ein alter Laptop drauf
Auf dem Bild ist ein alter Laptop. 2x
old photo, GPU isn't really a problem. 2x
Money and GPU are no problem, photo 4x
I don't have any GPU problems, photo 4x
"""
_NO_CARD = """
alter Laptop, Foto 2x
uralter Rechner, Foto 2x
altes Notebook, Foto 2x
mein betagter PC, Foto 2x vergrößern
no GPU, no problem? photo 2x
No GPU, photo 2x
GPU: no, photo 2x
my problem: no GPU. photo 2x
I don't have a GPU, is that a problem? photo 2x
It runs on my laptop, no GPU, photo 2x
it must run on my laptop without a graphics card, photo 2x
Mein Problem ist, dass ich keine GPU habe, Foto 2x
keine GPU, kein Problem? Foto 2x
pas de GPU, photo x2
sin GPU, foto x2
GPU가 없어요, 사진 2배
GPU 없이 문제 없나요? 사진 2배
GPUなし、写真を2倍に
没有显卡，照片放大2倍
没有显卡有问题吗？照片放大2倍
the GPU is broken, photo 2x
GPU isn't available, photo 2x
My graphics card has problems and is dead, photo 2x
No GPU, that's no problem, right? photo 2x
I don't have a GPU. No problem? photo 2x
my GPU has problems and is broken, photo 2x
without a graphics card and without limits, photo 2x
GPU is not an option, photo 2x
no graphics card, cost is no object, photo 2x
keine Grafikkarte, das ist doch kein Problem? Foto 2x
sans carte graphique, pas de problème? photo x2
sin GPU, no hay problema? foto x2
"""
_GRAIN_STAYS = """
leave the grain alone and double it
it's grainy, leave the grain, photo 2x
leave its grain as it is, photo 2x
leave all the film grain in, 2x photo
grain should be left alone, photo 3x
the grain is part of the look, photo 2x
grain is intentional, photo 2x
don't mess with the grain, photo 2x
lass das Korn in Ruhe, Foto 2x
das Korn gehört dazu, Foto 2x
laisse le grain tranquille, photo x2
dejar el grano como está, foto x2
respeta el grano, foto x2
그레인은 그대로 두고 2배
필름 입자는 남기고 2배 확대
粒状感はそのままで2倍に
粒子感を残して写真を2倍に
保留颗粒感，照片放大2倍
颗粒感不要动，照片放大2倍
"""
_GRAIN_GOES = """
Remove the grain and double my photo
it's grainy, photo 2x, get rid of the grain
leave out the grain, photo 2x
leave the grain out, photo 2x
my photo is very noisy, 2x
la foto tiene mucho ruido, x2
노이즈가 심한 사진을 2배로
ノイズがひどい写真を2倍に
噪点很多的照片放大2倍
the grain is terrible, enlarge 2x
"""
_SPOILT = """
Real-ESRGAN hat mir die Haare verhunzt, was gibts sonst für 4x?
Real-ESRGAN hat die Schrift ruiniert, was gibt es sonst für 4x Fotos?
Real-ESRGAN verhunzt mir jedes Gesicht, 4x Foto, was gibt's stattdessen?
Real-ESRGAN versaut die Haut, Foto 2x
Real-ESRGAN hat das Gesicht entstellt. Foto 2x
Real-ESRGAN m'a bousillé les cheveux, photo x4
Real-ESRGAN m'a massacré le visage, photo x2
Real-ESRGAN me destrozó el pelo, foto x4
Real-ESRGAN me ha arruinado la cara, foto x2
Real-ESRGAN messed up the hair, photo 4x
Real-ESRGAN screwed up my text, photo 4x
Real-ESRGAN spoiled the skin, what else is there for 4x?
Real-ESRGAN이 머리카락을 망쳐 놨어요. 사진 4배
Real-ESRGANで髪が台無しになった。写真を4倍に
Real-ESRGAN把头发毁了，照片放大4倍
Real-ESRGAN把字弄坏了，照片放大4倍
"""
_LIKED = """
Real-ESRGAN hat mir die Haare schön gemacht, Foto 4x
Real-ESRGAN hat mir gefallen, Foto 4x
Hat Real-ESRGAN auch ein 4x Modell für Fotos?
Hat Real-ESRGAN schon jemandem die Haare verhunzt? Foto 4x
Use Real-ESRGAN for 4x, the hair in my photo is messed up
Real-ESRGAN m'a sauvé la photo, x4
Real-ESRGAN me gustó, foto x4
Real-ESRGAN으로 망친 사진을 4배로
用Real-ESRGAN把毁了的照片放大4倍
Real-ESRGANで台無しの写真を4倍に直したい
With Real-ESRGAN I fix messed up photos, 4x
Does Real-ESRGAN mess up faces? photo 2x
用Real-ESRGAN把模糊的照片放大4倍
Real-ESRGAN把照片放大4倍怎么做
Real-ESRGAN으로 흐린 사진을 4배로
Real-ESRGANで潰れた写真を4倍に
Real-ESRGAN m'a beaucoup aidé, photo x4
Real-ESRGAN me ha ayudado mucho, foto x4
Real-ESRGAN hat mir sehr geholfen, Foto 4x
Real-ESRGAN für zerstörte Fotos, 4x
Real-ESRGAN pour une photo abîmée, x4
Real-ESRGAN para una foto deformada, x4
"""
_SOLD = """
Is SwinIR okay to use for a poster I sell? 4x
Kann ich SwinIR für Auftragsarbeiten verwenden? Foto 4x
photo for an ad campaign, 4x
book cover that will be in shops, 4x
Is SwinIR fine to use on prints I sell? 2x
Is it ok to use HAT for shirts that we sell? 2x
Would it be ok to use this for t-shirts I'm selling? 2x photo
am I allowed to use SwinIR for posters that I sell? 4x
enlarge the picture for our advertising campaign 3x
photo for a marketing campaign, 4x
the cover goes on sale in bookshops, 3x
the label will be in supermarkets, 3x
the print will be sold in stores, 2x
für eine Werbekampagne, Foto 4x
Foto für Kundenaufträge 2x vergrößern
Das Cover kommt in den Handel, 3x
das Buch erscheint im Buchhandel, Cover 3x
pour une campagne publicitaire, photo x4
la couverture sera en librairie, x3
para una campaña publicitaria, foto x4
la portada estará en librerías, x3
광고 캠페인에 쓸 사진 4배
서점에 나갈 책 표지 3배
広告キャンペーン用に写真を4倍
書店に並ぶ本の表紙を3倍に
广告宣传用的照片放大4倍
要上架的书的封面放大3倍
"""
_NOT_SOLD = """
an old ad campaign photo, 4x
photo of an ad campaign from 1950, 4x
a photo of people in shops, 4x
non-commercial is okay to use, photo 2x
a research-only licence is fine for me, photo 2x
any licence is okay, photo 2x
research only is ok, photo 2x
election campaign picture 4x
I bought this book cover in a shop, 4x
scan of a book I found in the library, 3x
I saw this poster in shops, 3x
Das alte Werbefoto 3x
Buchcover aus dem Regal 3x
une vieille publicité à agrandir x3
un anuncio antiguo, x3
오래된 광고 사진 4배
古い広告の写真を4倍
旧广告照片放大4倍
서점 사진을 2배로
書店の写真を2倍に
any licence is fine to use, photo 2x
non-commercial is okay to use for me, 2x
a free picture of a supermarket, 2x
marketing is my job, enlarge my holiday photo 2x
for a class about ad campaigns, 3x photo
The poster hangs in the shop window in my photo, 2x
im Auftrag der Natur heißt das Bild, 2x
"""
_MADE_UP_BY_AI = """
enlarge 2x and print without ai guessing hairs
enlarge my photo 2x without the AI guessing things
no AI-generated details, photo 2x
Foto 3fach ohne KI-Fantasie
Keine KI-Erfindungen, Foto 2x
sans IA qui invente, photo x2
sin IA que invente cosas, foto x2
AI가 지어내지 않게 사진 2배
不要AI乱编，放大2倍
"""
_PROMPTS = """
improve my prompt for stable diffusion
Meinen Prompt für Stable Diffusion verbessern
améliorer mon prompt pour Stable Diffusion
"""


def _lines(text: str) -> list[str]:
    return text.strip().splitlines()


def _spread(no: str, yes: str) -> list[tuple[str, bool]]:
    return [(line, False) for line in _lines(no)] + [(line, True) for line in _lines(yes)]


@pytest.mark.parametrize(("text", "refused"), _spread(_AI_IN_PASSING, _NO_AI))
def test_only_ai_itself_that_is_refused_rules_networks_out(text: str, refused: bool) -> None:
    assert (read_limits(text).excluded_kinds == ("gan", "diffusion")) is refused


@pytest.mark.parametrize("text", _lines(_MADE_UP_BY_AI))
def test_what_ai_makes_up_is_unwanted_and_not_ai(text: str) -> None:
    found = read_question(text)
    assert "fidelity" in found.wish
    assert not found.excluded


@pytest.mark.parametrize(("text", "here"), _spread(_GOES_ANYWHERE, _STAYS_HERE))
def test_no_cloud_and_offline_keep_a_picture_here_but_for_the_sky(text: str, here: bool) -> None:
    assert read_question(text).runs_here is here


@pytest.mark.parametrize(("text", "none"), _spread(_A_CARD, _NO_CARD))
def test_a_card_that_is_no_problem_is_there(text: str, none: bool) -> None:
    assert read_question(text).no_gpu is none


@pytest.mark.parametrize(("text", "noise"), _spread(_GRAIN_STAYS, _GRAIN_GOES))
def test_grain_that_is_left_is_no_damage(text: str, noise: bool) -> None:
    found = read_question(text)
    assert ("noise" in found.damage or "denoise" in found.steps) is noise


@pytest.mark.parametrize(("text", "out"), _spread(_LIKED, _SPOILT))
def test_a_model_that_spoilt_a_picture_is_out(text: str, out: bool) -> None:
    assert ("Real-ESRGAN" in read_question(text).excluded) is out


@pytest.mark.parametrize(("text", "sold"), _spread(_NOT_SOLD, _SOLD))
def test_campaigns_shops_and_commissions_are_commercial(text: str, sold: bool) -> None:
    assert (read_question(text).licence == "commercial") is sold


@pytest.mark.parametrize("text", _lines(_PROMPTS))
def test_a_prompt_that_is_to_be_improved_is_text(text: str) -> None:
    assert read_question(text).steps == ("text_to_text",)
