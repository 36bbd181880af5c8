import sys
def heard(event, arguments):
    if event == "sys._getframe":
        print(event)
sys.addaudithook(heard)
print("one")
print("two")
