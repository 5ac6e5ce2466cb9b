"""Writes splits.jsonl: what the Split pre-tokenizer of Hugging Face tokenizers makes of some strings. Made with tokenizers
0.23.3: python3 splits.py VECTORS splits.jsonl, where VECTORS holds tokenizers/unicode_classes_hf_0.23.3.json and
tokenizers/strings/gpt2like.jsonl (strings made for this project).

A line is {"name", "regex", "behavior", "invert", "cases"}; a case is [text, pieces], pieces as ranges of characters.
"""
import sys
import json,random
from tokenizers import Regex, pre_tokenizers as P
rnd=random.Random(7)
cls=json.load(open(sys.argv[1] + '/tokenizers/unicode_classes_hf_0.23.3.json'))
C="(?i:'s|'t|'re|'ve|'m|'ll|'d)|"; B=r"|\s*[\r\n]+|\s+(?!\S)|\s+"
U=r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"; Lw=r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
known={
 'gpt2':r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
 'llama3':C+r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"+B,
 'qwen2':C+r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"+B,
 'tekken':r"[^\r\n\p{L}\p{N}]?"+U+"*"+Lw+r"+|[^\r\n\p{L}\p{N}]?"+U+"+"+Lw+r"*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*"+B,
 'ds1':r"[\r\n]",'ds2':r"\s?\p{L}+",'ds3':r"\s?\p{P}+",'ds4':"[一-龥ࠀ-一가-\ud7ff]+",'ds5':r"\p{N}{1,3}",
}
other={
 'deepseek3':r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
 'cl100k':C.rstrip('|')+r"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
 'o200k':r"[^\r\n\p{L}\p{N}]?"+U+"*"+Lw+r"+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?"+U+"+"+Lw+r"*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"+B,
 'word':r"\w+|[^\w\s]+",
 'falcon':r"[0-9][0-9][0-9]",
 'bloom':r" ?[^\s.,!?…。，、।۔،]+",
 'bound':r"\b\w",
 'lines':r"^.|.$",
 'notl':r"\P{L}+",
 'han':r"\p{Han}+|\p{^N}\d",
 'opt':r"a{,2}b|x{2}|\x41|\u00e9\x{1F600}?",
 'empty':r"\d*",
}
base=[json.loads(l)['text'] for l in open(sys.argv[1] + '/tokenizers/strings/gpt2like.jsonl')]
pool=sum(([chr(rnd.choice(cls[k])) for _ in range(6)] for k in ['Lu','Lt','Lm','Lo','Ll','N','s','M','P','S','Han','Digits']),[])+list(" \t\r\n'sSſtTrevml /09aAZzé_'’\u200d\u2160\u24b6")+["'s","'LL","'ſ","'Re"," "," ","\n","  ","x","X"]
def fuzz():
    return ''.join(rnd.choice(pool) for _ in range(rnd.randint(1,14)))
out=open(sys.argv[2],'w')
def emit(name,rx,behavior,invert,texts):
    p=P.Split(Regex(rx),behavior,invert)
    cases=[[t,[list(o) for _,o in p.pre_tokenize_str(t)]] for t in texts]
    b={'isolated':'Isolated','removed':'Removed','merged_with_previous':'MergedWithPrevious','merged_with_next':'MergedWithNext','contiguous':'Contiguous'}[behavior]
    out.write(json.dumps({'name':name,'regex':rx,'behavior':b,'invert':invert,'cases':cases},ensure_ascii=True,separators=(',',':'))+'\n')
short=[t for t in base if 0<len(t)<40]
for n,rx in known.items():
    emit(n,rx,'isolated',False,rnd.sample(short,40)+[fuzz() for _ in range(60)])
for n,rx in other.items():
    emit(n,rx,'isolated',False,rnd.sample(short,15)+[fuzz() for _ in range(25)])
for b in ['removed','merged_with_previous','merged_with_next','contiguous']:
    for inv in (False,True):
        emit(f'{b}_{inv}',known['ds2'] if b!='contiguous' else r"-| ",b,inv,['the-final--countdown','-a b--c-','--',' - -x']+[fuzz() for _ in range(8)])
out.close()
